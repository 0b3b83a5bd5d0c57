import { escapedText, utf8Text } from '../core/format.js';
import { type Body, bytes, type Field, group, protocol, text } from '../core/index.js';
import { handMedia, MEDIA, Media } from './media-types.js';
import { isEmptyLine, unfoldedEnd } from './mime-lines.js';
import { readParameter } from './mime-parameters.js';

const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;
const COLON = 0x3a;
/** Octets of a message of parts that may announce other conversations (SDP in SIP). */
const LARGEST_ANNOUNCEMENT = 65536;
const MOST_PARTS = 1000;
/** Characters of a header field that are shown. */
const LONGEST_VALUE = 4096;

/** Header fields of a part that have names of their own. */
const headers = {
  'content-description': text('Content-Description'),
  'content-disposition': text('Content-Disposition'),
  'content-encoding': text('Content-Encoding'),
  'content-id': text('Content-Id'),
  'content-language': text('Content-Language'),
  'content-length': text('Content-Length'),
  'content-transfer-encoding': text('Content-Transfer-Encoding'),
  'content-type': text('Content-Type'),
};

const fields = {
  type: text('Type'),
  no_required_parameter: group('A parameter that is required is missing'),
  preamble: bytes(0, 'Preamble'),
  first_boundary: text('First boundary'),
  boundary: text('Boundary'),
  last_boundary: text('Last boundary'),
  part: text('Encapsulated multipart part'),
  trailer: bytes(0, 'Trailer'),
  ...(Object.fromEntries(Object.entries(headers).map(([name, field]) => [`header.${name}`, field])) as {
    readonly [K in keyof typeof headers as `header.${K}`]: (typeof headers)[K];
  }),
};

type MultipartFields = { readonly [K in keyof typeof fields]: Field };

/** A line that stands between two parts. */
interface Boundary {
  /** With the line end before it. */
  readonly start: number;
  readonly hyphens: number;
  readonly end: number;
  readonly last: boolean;
}

/** A body of several parts. */
export const mimeMultipart = protocol('mime_multipart', 'MIME Multipart Media Encapsulation', {
  reference: 'RFC 2046, section 5.1',
  column: 'MIME multipart',
  carriedBy: { [MEDIA]: Media.multipart },
  header: {},
  fields,
  hands: MEDIA,
  headerLength: 'all',
  forgets: { octets: (_view, start, end) => end - start > LARGEST_ANNOUNCEMENT },
  body: (body, field) => {
    const { type = '', parameters = '' } = body.dissection.carried ?? {};
    const boundary = readParameter(parameters, 'boundary');
    if (boundary === undefined || boundary === '') {
      body.group(field.no_required_parameter, () => undefined);
      nothingKnown(body);
      return;
    }
    body.derived(field.type, type);
    parts(
      body,
      field,
      Uint8Array.from(boundary, (character) => character.charCodeAt(0)),
    );
  },
  info: (_layer, { dissection }) => {
    const { type = '', parameters = '' } = dissection.carried ?? {};
    const boundary = readParameter(parameters, 'boundary');
    return boundary === undefined ? `Type: ${type}` : `Type: ${type}, Boundary: "${boundary}"`;
  },
});

function nothingKnown(body: Body): void {
  handMedia(body, '', [body.position, body.end]);
  body.skip(body.remaining);
}

function parts(body: Body, field: MultipartFields, boundary: Uint8Array): void {
  const { view, end } = body;
  let line = nextBoundary(view, body.position, body.position, end, boundary);
  if (line === undefined) {
    nothingKnown(body);
    return;
  }
  // Wireshark gives the line end before the first boundary to what stands there.
  if (line.hyphens > body.position) body.take(field.preamble, line.hyphens - body.position);
  boundaryLine(body, line.last ? field.last_boundary : field.first_boundary, { ...line, start: line.hyphens });
  for (let count = 0; !line.last && count < MOST_PARTS; count++) {
    const next = nextBoundary(view, body.position, body.position, end, boundary);
    part(body, field, next?.start ?? end, next !== undefined);
    if (next === undefined) return;
    boundaryLine(body, next.last ? field.last_boundary : field.boundary, next);
    line = next;
  }
  if (body.remaining > 0) body.take(field.trailer, body.remaining);
}

function boundaryLine(body: Body, as: Field, { start, end }: Boundary): void {
  const line = utf8Text(body.view, start, end - start);
  body.found(as, line, start, end - start, escapedText(line));
  body.position = end;
}

/** The next line that begins with two hyphens and the boundary; what stands behind that is not looked at but for `--`. */
function nextBoundary(
  view: DataView,
  from: number,
  first: number,
  end: number,
  boundary: Uint8Array,
): Boundary | undefined {
  for (let at = from; at + boundary.length + 2 <= end; at++) {
    if (view.getUint8(at) !== HYPHEN || view.getUint8(at + 1) !== HYPHEN) continue;
    if (at > first && view.getUint8(at - 1) !== LF) continue;
    let matching = 0;
    while (matching < boundary.length && view.getUint8(at + 2 + matching) === boundary[matching]) matching++;
    if (matching < boundary.length) continue;
    const behind = at + 2 + matching;
    const last = behind + 2 <= end && view.getUint16(behind) === 0x2d2d;
    let next = behind;
    while (next < end && view.getUint8(next) !== LF) next++;
    const crLf = at > first ? (at - 2 >= first && view.getUint8(at - 2) === CR ? 2 : 1) : 0;
    return { start: at - crLf, hyphens: at, end: Math.min(next + 1, end), last };
  }
  return undefined;
}

/** Section 5.1: header fields, an empty line and what is carried. One that no boundary ends is not all there. */
function part(body: Body, field: MultipartFields, end: number, whole: boolean): void {
  body.titled(field.part, '', () => {
    const { view } = body;
    let type = '';
    body.within(end, () => {
      while (body.remaining > 0) {
        const { position: start } = body;
        const next = unfoldedEnd(view, start, end);
        if (isEmptyLine(view, start, end)) {
          body.position = next;
          break;
        }
        // The empty line behind the last field is shown with it.
        const behind = isEmptyLine(view, next, end) ? unfoldedEnd(view, next, end) : next;
        const value = headerField(body, field, start, next, behind);
        if (value !== undefined) type = value;
        body.position = behind;
        if (behind > next) break;
      }
      if (type !== '') body.describe(`(${type.split(';', 1)[0]})`);
      if (whole && body.remaining > 0) handMedia(body, type, [body.position, end]);
      if (body.remaining > 0) body.skip(body.remaining);
    });
  });
}

/** @returns the value of a Content-Type */
function headerField(
  body: Body,
  field: MultipartFields,
  start: number,
  next: number,
  behind: number,
): string | undefined {
  const { view } = body;
  let colon = start;
  while (colon < next && view.getUint8(colon) !== COLON) colon++;
  const name = utf8Text(view, start, colon - start)
    .trim()
    .toLowerCase();
  const own = Object.hasOwn(headers, name) ? field[`header.${name}` as keyof MultipartFields] : undefined;
  if (colon === next || own === undefined) {
    body.skip(behind - start);
    return undefined;
  }
  const value = compact(utf8Text(view, colon + 1, next - colon - 1));
  body.found(own, value, start, behind - start);
  return name === 'content-type' ? value : undefined;
}

/** Without line ends, and without the white space beside separators, as Wireshark shows it; quoted text stays. */
function compact(value: string): string {
  return value
    .slice(0, LONGEST_VALUE)
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replace(/\s+/g, ' ').replace(/ ?([;,:=]) ?/g, '$1')))
    .join('')
    .trim();
}
