/** Times as text. */

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Seconds since 1970 as Wireshark writes it in UTC: `Feb  6, 2075 12:22:34.000000000 UTC`. */
export function absoluteTime(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  const day = String(Number(iso.slice(8, 10))).padStart(2, ' ');
  return `${month} ${day}, ${iso.slice(0, 4)} ${iso.slice(11, 19)}.000000000 UTC`;
}
