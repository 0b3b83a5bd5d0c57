/** What has to be undone whatever happens: temporary files, namespaces, processes. */

const pending = new Set<() => void>();

/**
 * Has `undo` called when the bench ends, be it by an error or a signal. It is synchronous and does not throw.
 *
 * @returns calls it now instead
 */
export function atEnd(undo: () => void): () => void {
  pending.add(undo);
  return () => {
    if (pending.delete(undo)) undo();
  };
}

process.on('exit', () => {
  // The newest first: what runs is ended before the folder that it writes to is removed.
  for (const undo of [...pending].reverse()) undo();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
