import { escapedText, utf8Text } from '../core/format.js';
import { protocol, text } from '../core/index.js';
import { leavesNothing, MEDIA, Media } from './media-types.js';

const LF = 0x0a;
const CR = 0x0d;
/** Lines that are shown, each by itself. */
const MOST_LINES = 5000;

/** Text of which only the lines are shown. */
export const dataTextLines = protocol('data-text-lines', 'Line-based text data', {
  reference: 'RFC 2046, section 4.1',
  carriedBy: { [MEDIA]: Media.text },
  header: {},
  fields: { line: text('Line') },
  headerLength: 'all',
  forgets: leavesNothing,
  body: (body, field) => {
    const type = body.dissection.carried?.type ?? '';
    if (type !== '') body.lists('', ` (${type})`);
    const { view, end } = body;
    for (let lines = 0; body.remaining > 0 && lines < MOST_LINES; lines++) {
      const { position } = body;
      const next = lineEnd(view, position, end);
      const line = utf8Text(view, position, next - position);
      body.found(field.line, line, position, next - position, escapedText(line));
      body.position = next;
    }
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end, dissection }) => {
    const type = dissection.carried?.type ?? '';
    let lines = 0;
    for (let at = start; at < end; at = lineEnd(view, at, end)) lines++;
    return `${type}${type === '' ? '' : ' '}(${lines} lines)`;
  },
});

/** First octet behind the line: LF, CR LF and a lone CR end one. */
function lineEnd(view: DataView, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const octet = view.getUint8(at);
    if (octet === LF) return at + 1;
    if (octet === CR) return at + 1 < end && view.getUint8(at + 1) === LF ? at + 2 : at + 1;
  }
  return end;
}
