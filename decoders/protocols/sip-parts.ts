/** The parts of SIP's header fields: addresses, the path of Via, credentials. */

import { type Body, type Field, text, uint } from '../core/index.js';

const address = (kind: string, title: string) => ({
  [`${kind}.display.info`]: text(`${title} display info`),
  [`${kind}.user`]: text(`${title} User Part`),
  [`${kind}.host`]: text(`${title} Host Part`),
  [`${kind}.port`]: text(`${title} Host Port`),
  [`${kind}.param`]: text(`${title} URI parameter`),
});

const addresses = {
  ...address('from', 'SIP from address'),
  ...address('to', 'SIP to address'),
  ...address('contact', 'Contact URI'),
  ...address('pai', 'SIP PAI'),
} as const;

export const partFields = {
  'display.info': text('SIP Display info'),
  tag: text('SIP tag'),
  'from.addr': text('SIP from address'),
  'from.tag': text('SIP from tag'),
  'to.addr': text('SIP to address'),
  'to.tag': text('SIP to tag'),
  'contact.uri': text('Contact URI'),
  'contact.parameter': text('Contact parameter'),
  'pai.addr': text('SIP PAI Address'),
  ...(addresses as Readonly<
    Record<
      `${'from' | 'to' | 'contact' | 'pai'}.${'display.info' | 'user' | 'host' | 'port' | 'param'}`,
      ReturnType<typeof text>
    >
  >),
  'Route.uri': text('Route URI'),
  'Route.user': text('Route Userinfo'),
  'Route.host': text('Route Host Part'),
  'Route.port': text('Route Host Port'),
  'Route.param': text('Route URI parameter'),
  'Record-Route.uri': text('Record-Route URI'),
  'Record-Route.user': text('Record-Route Userinfo'),
  'Record-Route.host': text('Record-Route Host Part'),
  'Record-Route.port': text('Record-Route Host Port'),
  'Record-Route.param': text('Record-Route URI parameter'),
  'r-uri': text('Request-URI'),
  'r-uri.user': text('Request-URI User Part'),
  'r-uri.host': text('Request-URI Host Part'),
  'r-uri.port': text('Request-URI Host Port'),
  'Via.transport': text('Transport'),
  'Via.sent-by.address': text('Sent-by Address'),
  'Via.sent-by.port': uint(16, 'Sent-by port'),
  'Via.branch': text('Branch'),
  'Via.rport': text('RPort'),
  'Via.received': text('Received'),
  'Via.ttl': text('TTL'),
  'Via.maddr': text('Maddr'),
  'CSeq.seq': uint(32, 'Sequence Number'),
  'CSeq.method': text('Method'),
  'RAck.RSeq.seq': uint(32, 'RSeq Sequence Number'),
  'RAck.CSeq.seq': uint(32, 'CSeq Sequence Number'),
  'RAck.CSeq.method': text('CSeq Method'),
  call_id_generated: text('Generated Call-ID'),
  auth: text('Authentication'),
  'auth.scheme': text('Authentication Scheme'),
  'auth.digest.response': text('Digest Authentication Response'),
  'auth.nc': text('Nonce Count'),
  'auth.username': text('Username'),
  'auth.realm': text('Realm'),
  'auth.nonce': text('Nonce Value'),
  'auth.algorithm': text('Algorithm'),
  'auth.opaque': text('Opaque Value'),
  'auth.qop': text('QOP'),
  'auth.cnonce': text('CNonce Value'),
  'auth.uri': text('Authentication URI'),
  'auth.domain': text('Authentication Domain'),
  'auth.stale': text('Stale Flag'),
  'auth.auts': text('Authentication Token'),
  'auth.rspauth': text('Response auth'),
  'auth.ik': text('Integrity Key'),
  'auth.ck': text('Cyphering Key'),
};

export type PartFields = { readonly [K in keyof typeof partFields]: Field };

/** Text of the message that begins at the offset `at` of the view; positions in it are octets as long as it is ASCII. */
export interface Piece {
  readonly text: string;
  readonly at: number;
}

function cut({ text: whole, at }: Piece, from: number, to = whole.length): Piece {
  let start = from;
  let end = to;
  while (start < end && (whole[start] === ' ' || whole[start] === '\t')) start++;
  while (end > start && (whole[end - 1] === ' ' || whole[end - 1] === '\t')) end--;
  return { text: whole.slice(start, end), at: at + start };
}

export function add(body: Body, field: Field, { text: value, at }: Piece): void {
  body.derived(field, value, undefined, at, value.length);
}

/** Pieces between `separator`s that stand outside quotes and angle brackets. */
function split(piece: Piece, separator: string): Piece[] {
  const out: Piece[] = [];
  let quoted = false;
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= piece.text.length; i++) {
    const character = piece.text[i];
    if (character === '"') quoted = !quoted;
    else if (character === '<' && !quoted) depth++;
    else if (character === '>' && !quoted) depth--;
    if (i === piece.text.length || (character === separator && !quoted && depth <= 0)) {
      out.push(cut(piece, from, i));
      from = i + 1;
    }
  }
  return out;
}

/** The parts of a URI: RFC 3261, section 19.1.1. */
interface Uri {
  readonly user: Piece | undefined;
  readonly host: Piece | undefined;
  readonly port: Piece | undefined;
  readonly parameters: readonly Piece[];
}

function parseUri(uri: Piece): Uri {
  const colon = uri.text.indexOf(':');
  const none = { user: undefined, host: undefined, port: undefined, parameters: [] };
  if (colon < 0 || !/^sips?$/i.test(uri.text.slice(0, colon))) return none;
  const mark = uri.text.indexOf('?');
  const end = mark < 0 ? uri.text.length : mark;
  const sign = uri.text.lastIndexOf('@', end - 1);
  const hostStart = sign < 0 ? colon + 1 : sign + 1;
  const bracket = uri.text[hostStart] === '[' ? uri.text.indexOf(']', hostStart) : -1;
  const rest = uri.text.slice(bracket < 0 ? hostStart : bracket, end);
  const semicolon = rest.indexOf(';');
  const base = bracket < 0 ? hostStart : bracket;
  const hostPort = semicolon < 0 ? end : base + semicolon;
  const portColon = uri.text.slice(base, hostPort).indexOf(':');
  const hostEnd = portColon < 0 ? hostPort : base + portColon;
  return {
    user: sign < 0 ? undefined : cut(uri, colon + 1, sign),
    host: cut(uri, hostStart, hostEnd),
    port: portColon < 0 ? undefined : cut(uri, hostEnd + 1, hostPort),
    parameters: semicolon < 0 ? [] : split(cut(uri, hostPort + 1, end), ';').filter((piece) => piece.text !== ''),
  };
}

type AddressKind = 'from' | 'to' | 'contact' | 'pai' | 'Route' | 'Record-Route';

const uriFields = {
  from: 'from.addr',
  to: 'to.addr',
  pai: 'pai.addr',
  contact: 'contact.uri',
  Route: 'Route.uri',
  'Record-Route': 'Record-Route.uri',
} as const;

/** An address with its name and parameters: RFC 3261, section 20.10. */
export function readAddress(body: Body, field: PartFields, kind: AddressKind, value: Piece): void {
  const open = openBracket(value.text);
  const close = open < 0 ? -1 : value.text.indexOf('>', open);
  const [first, ...parameters] = split(value, ';');
  const uri = open < 0 ? first : cut(value, open + 1, close < 0 ? value.text.length : close);
  const isRoute = kind === 'Route' || kind === 'Record-Route';
  if (open > 0 && !isRoute) {
    // A name without quotes goes on to the bracket, with its spaces.
    const name = value.text.startsWith('"') ? cut(value, 0, open) : { text: value.text.slice(0, open), at: value.at };
    if (name.text.trim() !== '') {
      add(body, field['display.info'], name);
      add(body, field[`${kind}.display.info`], name);
    }
  }
  add(body, field[uriFields[kind]], uri);
  const parts = parseUri(uri);
  for (const key of ['user', 'host', 'port'] as const) {
    const part = parts[key];
    if (part !== undefined) add(body, field[`${kind}.${key}`], part);
  }
  for (const part of parts.parameters) add(body, field[`${kind}.param`], part);
  if (isRoute || kind === 'pai') return;
  let tagged = false;
  for (const parameter of parameters) {
    if (kind === 'contact') {
      add(body, field['contact.parameter'], parameter);
      continue;
    }
    if (tagged || !/^tag=/i.test(parameter.text)) continue;
    tagged = true;
    const tag = cut(parameter, 4);
    add(body, field[`${kind}.tag`], tag);
    add(body, field.tag, tag);
  }
}

function openBracket(text: string): number {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === '<' && !quoted) return i;
  }
  return -1;
}

/** Several addresses in one header field. */
export function readAddresses(body: Body, field: PartFields, kind: AddressKind, value: Piece): void {
  for (const piece of split(value, ','))
    if (piece.text !== '' && piece.text !== '*') readAddress(body, field, kind, piece);
}

export function readRequestUri(body: Body, field: PartFields, uri: Piece): void {
  add(body, field['r-uri'], uri);
  const parts = parseUri(uri);
  for (const key of ['user', 'host', 'port'] as const) {
    const part = parts[key];
    if (part !== undefined) add(body, field[`r-uri.${key}`], part);
  }
}

/** RFC 3261, section 20.42. */
export function readVia(body: Body, field: PartFields, value: Piece): void {
  for (const via of split(value, ',')) {
    const match = /^SIP\s*\/\s*2\.0\s*\/\s*(\S+)\s+(\[[^\]]*\]|[^\s;:]+)(?:\s*:\s*(\d+))?/i.exec(via.text);
    if (match === null) continue;
    const [whole, transport, host, port] = match;
    const hostAt = whole.lastIndexOf(host);
    add(body, field['Via.transport'], { text: transport, at: via.at + whole.indexOf(transport, 3) });
    add(body, field['Via.sent-by.address'], { text: host.replace(/^\[|\]$/g, ''), at: via.at + hostAt });
    // As in Wireshark, which finds a port only in front of a parameter.
    if (port !== undefined && via.text.length > whole.length)
      body.derived(field['Via.sent-by.port'], Number(port), undefined, via.at + hostAt, 0);
    for (const parameter of split(cut(via, whole.length), ';')) {
      const [, name, setting] = /^([\w-]+)\s*(?:=\s*(.*))?$/.exec(parameter.text) ?? [];
      const key = viaParameters[name?.toLowerCase() ?? ''];
      if (key === undefined) continue;
      // RFC 3581: the client asks for `rport` by naming it.
      const shown = setting ?? name;
      const at = parameter.at + parameter.text.length - shown.length;
      add(body, field[key], { text: shown, at });
    }
  }
}

const viaParameters: Readonly<Record<string, keyof PartFields>> = {
  branch: 'Via.branch',
  rport: 'Via.rport',
  received: 'Via.received',
  ttl: 'Via.ttl',
  maddr: 'Via.maddr',
};

const credentialKeys: Readonly<Record<string, keyof PartFields>> = {
  response: 'auth.digest.response',
  nc: 'auth.nc',
  username: 'auth.username',
  realm: 'auth.realm',
  nonce: 'auth.nonce',
  algorithm: 'auth.algorithm',
  opaque: 'auth.opaque',
  qop: 'auth.qop',
  cnonce: 'auth.cnonce',
  uri: 'auth.uri',
  domain: 'auth.domain',
  stale: 'auth.stale',
  auts: 'auth.auts',
  rspauth: 'auth.rspauth',
  ik: 'auth.ik',
  ck: 'auth.ck',
};

/**
 * RFC 3261, section 20.7 and others: a scheme and what it needs.
 *
 * @param line the header field with its name
 */
export function readCredentials(body: Body, field: PartFields, line: Piece, value: Piece, hasScheme: boolean): void {
  // Wireshark's line has its end.
  body.derived(field.auth, `${line.text}\r\n`, line.text, line.at, line.text.length);
  let rest = value;
  if (hasScheme) {
    const scheme = /^\S+/.exec(value.text)?.[0] ?? '';
    if (scheme !== '') add(body, field['auth.scheme'], { text: scheme, at: value.at });
    rest = cut(value, scheme.length);
  }
  for (const parameter of split(rest, ',')) {
    const equals = parameter.text.indexOf('=');
    if (equals < 0) continue;
    const key = credentialKeys[parameter.text.slice(0, equals).trim().toLowerCase()];
    if (key !== undefined) add(body, field[key], cut(parameter, equals + 1));
  }
}

/** Numbers and a word, of which the fields are: CSeq (section 20.16), RAck (RFC 3262, section 7.2). */
export function readWords(body: Body, { text: value, at }: Piece, ...fields: readonly Field[]): void {
  const words = [...value.matchAll(/\S+/g)];
  fields.forEach((field, index) => {
    const word = words[index];
    if (word === undefined) return;
    const isNumber = field.kind === 'uint';
    if (isNumber && !/^\d{1,10}$/.test(word[0])) return;
    body.derived(field, isNumber ? Number(word[0]) : word[0], undefined, at + word.index, word[0].length);
  });
}
