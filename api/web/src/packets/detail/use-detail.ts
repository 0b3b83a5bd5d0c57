/** The packet that is looked at, in full. */

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../../api/client';
import type { PacketDetail } from '../../api/types';
import { useView } from '../../state/view';
import { usePointed } from './detail-state';
import { nodeOf, type TreeNode, treeOf } from './model';

/** Milliseconds for which a packet that was left is kept: one may be 200 kB of JSON. */
const KEPT_MS = 20_000;

export interface Shown {
  readonly detail: PacketDetail;
  readonly tree: readonly TreeNode[];
  /** The packet's own octets, then those of each source. */
  readonly octets: readonly { readonly name: string | undefined; readonly bytes: Uint8Array }[];
}

/** Asks for the selected packet; while the next one is on its way the last one is still there. */
export function useDetail() {
  const capture = useView((view) => view.capture);
  const number = useView((view) => view.packet);
  return useQuery({
    queryKey: ['packet', capture, number],
    queryFn: ({ signal }) => get('/api/captures/{id}/packets/{number}', { id: capture, number }, {}, signal),
    enabled: capture !== null && number !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    placeholderData: (last, query) => (query?.queryKey[1] === capture ? last : undefined),
  });
}

/** A packet as its panes need it. */
export function useShown(detail: PacketDetail): Shown {
  return useMemo(
    () => ({
      detail,
      tree: treeOf(detail.layers),
      octets: [
        { name: undefined, bytes: bytesOf(detail.bytes) },
        ...(detail.sources ?? []).map(({ name, bytes }) => ({ name, bytes: bytesOf(bytes) })),
      ],
    }),
    [detail],
  );
}

/** The selected node, where this packet has it. */
export function useSelected(tree: readonly TreeNode[]): TreeNode | undefined {
  const key = usePointed((pointed) => pointed.key);
  return useMemo(() => nodeOf(tree, key), [tree, key]);
}

/** The index of the octets that are shown: a source that this packet does not have is its own octets. */
export function useSource({ octets }: Shown): number {
  const source = usePointed((pointed) => pointed.source);
  return source + 1 < octets.length ? source : -1;
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(window.atob(base64), (character) => character.charCodeAt(0));
}
