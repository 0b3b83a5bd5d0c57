/** The keys that go through a list. It imports nothing, so that it can be tested without a browser. */

/**
 * Where a key leads in a list.
 *
 * @param key `KeyboardEvent.key`
 * @param at the place that it leads from; -1: before the first
 * @param page rows that a page key passes
 * @param count rows that there are
 * @returns a place from 0 to `count` − 1, 0 in an empty list; undefined for keys that lead nowhere
 */
export function placeByKey(key: string, at: number, page: number, count: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  };
  const to = moves[key];
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}
