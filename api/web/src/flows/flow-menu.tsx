/** What can be done with a conversation of the list. */

import type { Flow } from '../api/types';
import { applyCondition } from '../filter/apply';
import { addressIs } from '../filter/combine';
import { filterActions } from '../filter/filter-menu';
import { copyText } from '../out/copy';
import { type Action, type At, ContextMenu } from '../parts/context-menu';
import { plain } from '../parts/plain';
import { show, useView } from '../state/view';
import { text } from '../text';
import { clientOf, flowFilter, serverOf } from './flow-words';

const words = text.flows.menu;

interface Props {
  readonly flow: Flow | undefined;
  readonly at: At | undefined;
  /** In a challenge no filter and no address is told. */
  readonly secret: boolean;
  readonly onClose: () => void;
}

export function FlowMenu({ flow, at, secret, onClose }: Props) {
  const filter = useView((view) => view.filter);
  if (flow === undefined) return null;
  const { id, client, server, serverPort, transport, communityId } = flow;
  const port =
    serverPort !== null && /^(tcp|udp|sctp)$/.test(transport) ? `${transport}.port == ${serverPort}` : undefined;
  const narrower: readonly (readonly [string, string | undefined])[] = [
    [words.client(plain(client, 60)), addressIs(client)],
    [words.server(plain(server, 60)), addressIs(server)],
    [words.port(serverPort ?? 0), port],
  ];
  const way = filter === '' ? 'only' : 'and';
  return (
    <ContextMenu
      at={at}
      label={secret ? words.conversation : words.label(clientOf(flow), serverOf(flow))}
      onClose={onClose}
      groups={[
        {
          actions: [
            { label: words.stream, run: () => show({ flow: id, part: 'stream' }) },
            { label: words.sequence, run: () => show({ flow: id, part: 'sequence' }) },
            { label: words.packets, run: () => show({ flow: id, part: 'packets' }) },
            { label: words.about, run: () => show({ flow: id, part: 'about' }) },
          ],
        },
        { title: words.conversation, actions: secret ? [] : filterActions(filter, flowFilter(flow)) },
        {
          title: filter === '' ? words.only : words.and,
          actions: narrower.flatMap(([label, condition]): Action[] =>
            secret || condition === undefined
              ? []
              : [{ label, detail: condition, run: () => applyCondition(condition, way) }],
          ),
        },
        {
          actions:
            secret || communityId === null
              ? []
              : [{ label: words.copyId, detail: communityId, run: () => void copyText(words.copiedId, communityId) }],
        },
      ]}
    />
  );
}
