import {
  type Body,
  bytes,
  type Field,
  findField,
  ipv4Address,
  ipv6Address,
  protocol,
  REST,
  text,
  uint,
  type Walk,
} from '../core/index.js';
import { zeroText } from './messages.js';
import { isFromServer } from './text-lines.js';

const PORTS = [1080];
const UDP = 17;
/** Octets of the header that datagrams have, without the address (RFC 1928, section 7). */
const DATAGRAM_OCTETS = 6;
const CONNECT = 1;
const BIND = 2;
const ASSOCIATE = 3;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
const GSSAPI = 1;
const GRANTED = 90;

const commands: Readonly<Record<number, string>> = {
  [CONNECT]: 'Connect',
  [BIND]: 'Bind',
  [ASSOCIATE]: 'UdpAssociate',
};
/** IANA "SOCKS Methods". */
const methods: Readonly<Record<number, string>> = {
  0: 'No authentication',
  [GSSAPI]: 'GSSAPI',
  2: 'Username/Password',
  3: 'Challenge-Handshake Authentication Protocol',
  5: 'Challenge-Response Authentication Method',
  6: 'Secure Sockets Layer',
  7: 'NDS Authentication',
  8: 'Multi-Authentication Framework',
  255: 'No acceptable methods',
};
/** RFC 1928, section 6, and version 4's "SOCKS: A protocol for TCP proxy across firewalls". */
const results: Readonly<Record<number, string>> = {
  0: 'Succeeded',
  1: 'General SOCKS server failure',
  2: 'Connection not allowed by ruleset',
  3: 'Network unreachable',
  4: 'Host unreachable',
  5: 'Connection refused',
  6: 'TTL expired',
  7: 'Command not supported',
  8: 'Address type not supported',
  [GRANTED]: 'Granted',
  91: 'Rejected or Failed',
  92: 'Rejected because SOCKS server cannot connect to identd on the client',
  93: 'Rejected because the client program and identd report different user-ids',
};

const fields = {
  version: uint(8, 'Version'),
  auth_method_count: uint(8, 'Authentication Method Count'),
  auth_method: uint(8, 'Method', { labels: methods }),
  auth_accepted_method: uint(8, 'Accepted Auth Method', { labels: methods }),
  subnegotiation_version: uint(8, 'Subnegotiation Version'),
  username: text('User name'),
  password: text('Password'),
  auth_status: uint(8, 'Status', { labels: { 0: 'success' } }),
  'gssapi.command': uint(8, 'SOCKS/GSSAPI command', { labels: { 1: 'Authentication', 255: 'Failure' } }),
  'gssapi.length': uint(16, 'SOCKS/GSSAPI data length'),
  'gssapi.data': bytes(0, 'GSSAPI data'),
  command: uint(8, 'Command', { labels: commands }),
  results: uint(8, 'Results', { labels: results }),
  reserved: uint(8, 'Reserved'),
  fragment_number: uint(8, 'Fragment Number'),
  address_type: uint(8, 'Address Type', { labels: { [IPV4]: 'IPv4', [NAME]: 'Domain Name', [IPV6]: 'IPv6' } }),
  dst: ipv4Address('Remote Address'),
  dstV6: ipv6Address('Remote Address(ipv6)'),
  remote_name: text('Remote name'),
  v4a_dns_name: text('SOCKS v4a Remote Domain Name'),
  dstport: uint(16, 'Remote Port'),
  port: uint(16, 'Port'),
  remote_host_port: uint(16, 'Remote Host Port'),
};

type SocksFields = { readonly [K in keyof typeof fields]: Field };

/** What is spoken through a proxy, by the port that the client asks for (IANA "Service Name and Port Number Registry"). */
const services: Readonly<Record<number, string>> = {
  7: 'echo',
  13: 'daytime',
  21: 'ftp',
  22: 'ssh',
  23: 'telnet',
  25: 'smtp',
  43: 'whois',
  53: 'dns',
  79: 'finger',
  80: 'http',
  110: 'pop',
  143: 'imap',
  179: 'bgp',
  389: 'ldap',
  443: 'tls',
  445: 'nbss',
  465: 'tls',
  587: 'smtp',
  636: 'tls',
  853: 'tls',
  993: 'tls',
  995: 'tls',
  1883: 'mqtt',
  3128: 'http',
  3306: 'mysql',
  5060: 'sip',
  5432: 'pgsql',
  6379: 'resp',
  8000: 'http',
  8080: 'http',
  8443: 'tls',
};

/** What the negotiation has come to. */
interface Negotiation {
  version: number;
  method: number;
  command: number;
  /** Where the client wants to be connected to. */
  address: string;
  port: number;
  /** Replies of success so far: BIND has two (section 6). */
  replies: number;
}

/** SOCKS, versions 4, 4a and 5, and the datagrams that version 5 relays. */
export const socks = protocol('socks', 'Socks Protocol', {
  reference: 'RFC 1928; RFC 1929; RFC 1961',
  column: 'Socks',
  carriedBy: { 'tcp.port': PORTS },
  header: {},
  fields,
  headerLength: (_read, view, start, end, walk) => {
    if (walk.transport !== UDP) return REST;
    const address = start + 4 <= end ? addressOctets(view, start + 3, end) : 0;
    return address < 0 ? REST : DATAGRAM_OCTETS + address;
  },
  next: { table: 'udp.port', value: (_read, view, start, _end, walk) => datagramPort(view, start, walk) },
  body: (body, field) => {
    const talk = negotiationOf(body);
    if (body.walk.transport === UDP) datagram(body, field);
    else if (isConnected(talk)) tunnelled(body, field, talk);
    else if (isFromServer(body, PORTS)) answer(body, field, talk);
    else request(body, field, talk);
  },
  info: (layer, body) => {
    const version = negotiationOf(body).version;
    const first = `Version: ${version === 0 ? (body.start < body.end && body.view.getUint8(body.start) === 5 ? 5 : 4) : version}`;
    const value = (name: keyof typeof fields) => findField(layer.fields, `socks.${name}`)?.value;
    if (value('auth_method_count') !== undefined) return `${first} Connect to server request`;
    if (value('auth_accepted_method') !== undefined) return `${first} Connect to server response`;
    const side = isFromServer(body, PORTS) ? 'reply' : 'request';
    if (value('gssapi.command') !== undefined) return `${first} GSSAPI authentication ${side}`;
    if (value('subnegotiation_version') !== undefined) return `${first} User authentication ${side}`;
    const command = commands[Number(value('command') ?? negotiationOf(body).command)] ?? 'Unknown';
    if (value('results') !== undefined)
      return value('address_type') === undefined
        ? `${first} Connect Response`
        : `${first} Command Response - ${command}`;
    if (isConnected(negotiationOf(body)) || value('command') === undefined) return first;
    return value('address_type') === undefined
      ? `${first} Connect to server request`
      : `${first} Command Request - ${command}`;
  },
});

function negotiationOf({ dissection }: Body): Negotiation {
  const make = () => ({ version: 0, method: -1, command: 0, address: '', port: 0, replies: 0 });
  return dissection.conversation?.remember('socks', make) ?? make();
}

function isConnected({ command, replies }: Negotiation): boolean {
  return command === BIND ? replies >= 2 : command === CONNECT && replies >= 1;
}

/** Octets of an address whose type stands at `at`, without type and port; -1 for a type that there is not. */
function addressOctets(view: DataView, at: number, end: number): number {
  const type = view.getUint8(at);
  if (type === IPV4) return 4;
  if (type === IPV6) return 16;
  if (type !== NAME) return -1;
  return at + 1 < end ? 1 + view.getUint8(at + 1) : 1;
}

function datagramPort(view: DataView, start: number, walk: Walk): number {
  const end = walk.headerEnd[walk.depth - 1];
  return walk.transport === UDP && end - start > DATAGRAM_OCTETS ? view.getUint16(end - 2) : -1;
}

/** Type, address and port; returns the address where it is no name, and the port. */
function endpoint(body: Body, field: SocksFields, port: Field): { address: string; port: number } {
  const type = body.number(field.address_type);
  let address = '';
  if (type === IPV4) address = body.take(field.dst).display;
  else if (type === IPV6) address = body.take(field.dstV6).display;
  else if (type === NAME) counted(body, field.remote_name);
  else body.fail(`SOCKS has no addresses of type ${type}`);
  return { address, port: body.number(port) };
}

/** Text behind an octet that says how long it is. */
function counted(body: Body, field: Field): void {
  const length = body.peek8();
  body.skip(1);
  if (length > 0) body.take(field, length);
}

function request(body: Body, field: SocksFields, talk: Negotiation): void {
  const first = body.peek8();
  if (first === 4) requestOf4(body, field, talk);
  else if (first === 5) {
    talk.version = 5;
    body.number(field.version);
    // A list of methods and a command begin alike; the list ends where its count says.
    if (talk.method < 0 && body.remaining === body.peek8() + 1) {
      const count = body.number(field.auth_method_count);
      for (let i = 0; i < count; i++) body.number(field.auth_method);
      return;
    }
    talk.command = body.number(field.command);
    body.number(field.reserved);
    Object.assign(talk, endpoint(body, field, field.port));
  } else authentication(body, field, talk);
}

function requestOf4(body: Body, field: SocksFields, talk: Negotiation): void {
  talk.version = body.number(field.version);
  talk.command = body.number(field.command);
  talk.port = body.number(field.dstport);
  const address = body.view.byteLength >= body.position + 4 ? body.view.getUint32(body.position) : 0;
  body.take(field.dst);
  zeroText(body, field.username);
  // Version 4a: an address that cannot be, 0.0.0.x, stands for the name that follows.
  if (address > 0 && address < 256) zeroText(body, field.v4a_dns_name);
}

/** RFC 1929 and RFC 1961, section 3, which both sides speak alike. */
function authentication(body: Body, field: SocksFields, talk: Negotiation): void {
  if (talk.version === 5) body.derived(field.version, 5);
  body.number(field.subnegotiation_version);
  if (talk.method === GSSAPI) {
    const command = body.number(field['gssapi.command']);
    if (command === 255) return;
    const length = body.number(field['gssapi.length']);
    if (length > 0) body.take(field['gssapi.data'], length);
    return;
  }
  counted(body, field.username);
  counted(body, field.password);
}

function answer(body: Body, field: SocksFields, talk: Negotiation): void {
  const first = body.peek8();
  if (first === 0) answerOf4(body, field, talk);
  else if (first === 5) {
    body.number(field.version);
    if (body.remaining === 1) {
      talk.method = body.number(field.auth_accepted_method);
      return;
    }
    const result = body.number(field.results);
    body.number(field.reserved);
    const again = talk.replies === 1 && talk.command === BIND;
    const { address, port } = endpoint(body, field, again ? field.remote_host_port : field.port);
    if (result !== 0) return;
    if (talk.command === ASSOCIATE && address !== '')
      body.dissection.conversation?.expect('udp', address, port, 'socks');
    granted(body, talk);
  } else if (talk.method === GSSAPI) authentication(body, field, talk);
  else {
    if (talk.version === 5) body.derived(field.version, 5);
    body.number(field.subnegotiation_version);
    body.number(field.auth_status);
  }
}

function answerOf4(body: Body, field: SocksFields, talk: Negotiation): void {
  body.number(field.version);
  const result = body.number(field.results);
  body.number(field.dstport);
  body.take(field.dst);
  if (result === GRANTED) granted(body, talk);
}

/** From here on, both sides speak what the client asked to be connected to. */
function granted(body: Body, talk: Negotiation): void {
  talk.replies++;
  const next = services[talk.port];
  if (isConnected(talk) && next !== undefined) body.dissection.conversation?.switchTo(next);
}

/** What goes through the connection, of a protocol that the port does not tell. */
function tunnelled(body: Body, field: SocksFields, talk: Negotiation): void {
  body.derived(field.version, talk.version);
  body.derived(field.command, talk.command);
  if (talk.address.includes('.')) body.derived(field.dst, talk.address);
  body.derived(field.dstport, talk.port);
}

function datagram(body: Body, field: SocksFields): void {
  body.take(field.reserved, 2);
  body.number(field.fragment_number);
  endpoint(body, field, field.dstport);
}
