/** Lines of the header of a mail or of a part of one: RFC 5322, section 2.2. */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** Whether an empty line begins there. */
export function isEmptyLine(view: DataView, at: number, end: number): boolean {
  if (at >= end) return false;
  const first = view.getUint8(at);
  return first === LF || (first === CR && at + 1 < end && view.getUint8(at + 1) === LF);
}

/** First octet behind a line and the lines that it goes on in, which begin with white space (RFC 5322, section 2.2.3). */
export function unfoldedEnd(view: DataView, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (view.getUint8(at) !== LF) continue;
    const next = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (at === start || (at === start + 1 && view.getUint8(start) === CR) || (next !== SPACE && next !== TAB))
      return at + 1;
  }
  return end;
}
