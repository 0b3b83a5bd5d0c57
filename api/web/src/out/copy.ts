/** "Copy this view as …": lines for a shell, Wireshark or another browser. */

import { create } from 'zustand';
import { address } from '../api/client';
import { effectiveFilter, useView, type View } from '../state/view';
import { text } from '../text';
import { captureFilterOf } from './selection';

export const COPIES = ['curl', 'filter', 'bpf', 'wireshark', 'link'] as const;
export type Copy = (typeof COPIES)[number];

/** In single quotes, as a POSIX shell takes any text. */
export const shellQuoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** The text of a copy; undefined where this view has none. */
export function copyOf(kind: Copy, view: View, origin: string): string | undefined {
  const filter = effectiveFilter(view);
  const path = { id: view.capture ?? '' };
  if (kind === 'filter') return filter;
  if (kind === 'bpf') return captureFilterOf(view.filter);
  if (kind === 'link') return window.location.href;
  if (view.capture === null) return undefined;
  if (kind === 'curl') return `curl ${shellQuoted(origin + address('/api/captures/{id}/packets', path, { filter }))}`;
  const live = address('/api/captures/{id}/live.pcapng', path, { filter });
  return `curl -N ${shellQuoted(origin + live)} | wireshark -k -i -`;
}

/** What was copied, or could not be: told for a moment. */
export const useCopied = create<{ what: string | null; text: string; failed: boolean }>(() => ({
  what: null,
  text: '',
  failed: false,
}));

/** Puts a copy of the view on the clipboard, and tells whether that worked. */
export async function copy(kind: Copy): Promise<void> {
  const copied = copyOf(kind, useView.getState(), window.location.origin);
  if (copied !== undefined) await copyText(text.out.copies[kind], copied);
}

/** Puts a text on the clipboard, and tells whether that worked. `what`: what to call it. */
export async function copyText(what: string, copied: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(copied);
    useCopied.setState({ what, text: '', failed: false });
  } catch {
    // Browsers refuse it on pages without TLS that are not on this machine: then it is shown, to be copied by hand.
    useCopied.setState({ what, text: copied, failed: true });
  }
}
