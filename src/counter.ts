/** One line that says how a capture is going. */

import type { CaptureRecord } from '../captures/store/capture-file.js';
import type { CaptureStore } from '../captures/store/capture-store.js';

const INTERVAL = 500;

const grouped = (count: number): string => count.toLocaleString('en-GB');

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** `12,345 packets (20/s), 1.2 MB, lost: kernel 0, interface 0, daemon 0`; the rate only when it is given. */
export function countsText({ packets, bytes, loss }: CaptureRecord, rate?: number): string {
  const lost = (['kernel', 'interface', 'daemon'] as const)
    .map((kind) => `${kind} ${loss[kind] ?? 'unknown'}`)
    .join(', ');
  const speed = rate === undefined ? '' : ` (${grouped(rate)}/s)`;
  return `${grouped(packets)} packets${speed}, ${size(bytes)}, lost: ${lost}`;
}

/** Rewrites one line about twice a second while it is a terminal that listens. @returns what ends it */
export function showCounter(store: CaptureStore, id: string, output: NodeJS.WriteStream): () => void {
  if (!output.isTTY) return () => undefined;
  let before = 0;
  const show = () => {
    const record = store.get(id);
    if (record === undefined) return;
    const rate = Math.max(0, Math.round(((record.packets - before) * 1000) / INTERVAL));
    before = record.packets;
    const line = countsText(record, rate);
    output.write(`\r${line.slice(0, (output.columns ?? 80) - 1)}\x1b[K`);
  };
  const timer = setInterval(show, INTERVAL);
  return () => {
    clearInterval(timer);
    output.write('\r\x1b[K');
  };
}
