/** Repeated measurements, and how they are shown. */

/** @throws RangeError when there are none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three digits that count, and thousands grouped: `0.123`, `12.3`, `1,234,567`. */
export function shown(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB');
  return Number(value.toPrecision(3)).toString();
}

/** `12.3 (11.9–14)`; one value stands alone. */
export function summary(values: readonly number[]): string {
  if (values.length === 0) return '';
  const least = Math.min(...values);
  const most = Math.max(...values);
  return least === most ? shown(least) : `${shown(median(values))} (${shown(least)}–${shown(most)})`;
}

/** Element by element: what was measured in one round belongs together. */
export function ratios(ours: readonly number[], peers: readonly number[]): number[] {
  return ours.map((value, round) => value / peers[round]);
}
