/** Times as a filter writes them, in nanoseconds. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const BILLION = 1_000_000_000n;

const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9})\d*)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;
const LEGACY =
  /^([A-Z]{3})[a-z]* +(\d{1,2}), *(\d{4})(?: +(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9})\d*)?)?)?\s*(Z|UTC)?$/i;

/** `10`, `.5` or `0.000000001` seconds as nanoseconds; undefined when it is no such number. */
export function nanosecondsOfText(text: string): bigint | undefined {
  const match = /^(\d{0,18})(?:\.(\d{0,9})\d*)?$/.exec(text);
  if (match === null || (match[1] === '' && (match[2] ?? '') === '')) return undefined;
  return BigInt(match[1]) * BILLION + fraction(match[2]);
}

/**
 * ISO 8601, or `Sep 26, 2004 23:18:04.954975`, as nanoseconds since 1970; undefined when it is neither.
 * Without a time zone it is UTC, as everything that the service prints is (Wireshark takes the machine's own zone).
 */
export function timeOfText(text: string): bigint | undefined {
  const iso = ISO.exec(text.trim());
  if (iso !== null) return instant(iso[1], Number(iso[2]), iso.slice(3));
  const legacy = LEGACY.exec(text.trim());
  if (legacy === null) return undefined;
  const month = MONTHS.indexOf(legacy[1].toLowerCase()) + 1;
  const [, , day, year, ...rest] = legacy;
  return instant(year, month, [day, ...rest]);
}

function fraction(digits: string | undefined): bigint {
  return BigInt((digits ?? '').padEnd(9, '0'));
}

/** `rest`: day, hour, minute, second, fraction, zone. */
function instant(year: string, month: number, rest: readonly (string | undefined)[]): bigint | undefined {
  const [day, hour, minute, second] = rest.slice(0, 4).map((part) => Number(part ?? 0));
  const zone = rest[5];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  // Date carries what is too much over to the next unit: 31 February must not become 3 March.
  if (new Date(Date.UTC(Number(year), month - 1, day)).getUTCDate() !== day) return undefined;
  const date = new Date(Date.UTC(Number(year), month - 1, day, hour, minute, second));
  const seconds = BigInt(date.getTime() / 1000) - BigInt(offsetSeconds(zone));
  return seconds * BILLION + fraction(rest[4]);
}

function offsetSeconds(zone: string | undefined): number {
  if (zone === undefined || /^(z|utc)$/i.test(zone)) return 0;
  const digits = zone.replace(/\D/g, '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}
