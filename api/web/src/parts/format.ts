/** Times as people read them. */

const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** An RFC 3339 time in the browser's time zone; '' for none. */
export function dateTime(time: string | null): string {
  if (time === null) return '';
  const at = Date.parse(time);
  return Number.isNaN(at) ? time : date.format(at);
}
