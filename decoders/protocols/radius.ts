import { absoluteTimeText } from '../core/format.js';
import {
  type Body,
  bytes,
  type Field,
  type FieldDeclaration,
  flag,
  ipv4Address,
  ipv6Address,
  protocol,
  text,
  uint,
} from '../core/index.js';
import { type AttributeType, attributes, codes, otherNames, values } from '../labels/radius.js';

const VENDOR_SPECIFIC = 26;
const EAP_MESSAGE = 79;
const EGRESS_VLANID = 56;
const EGRESS_VLAN_NAME = 58;
const HEADER = 20;
/** Vendors whose attributes are not one octet of type and one of length (RFC 2865, section 5.26, only suggests that). */
const OTHER_FORMATS = new Set([429, 4846, 8164, 24757]);
const REQUESTS = new Set([1, 4, 12, 40, 43]);
const ANSWERS = new Set([2, 3, 5, 11, 41, 42, 44, 45]);

/** An attribute's filter name. Wireshark's of Framed-IP-Address kept its hyphens. */
function keyOf(code: number): string {
  const [name, type] = attributes[code];
  if (code === 8) return name;
  return name.replaceAll('-', '_') + (type === 'encrypted' ? '_encrypted' : '');
}

function declare(code: number): FieldDeclaration {
  const [name, type] = attributes[code];
  const labels = values[code];
  const kinds: Readonly<Record<AttributeType, () => FieldDeclaration>> = {
    text: () => text(name),
    time: () => text(name),
    octets: () => bytes(0, name),
    encrypted: () => bytes(0, `${name} (encrypted)`),
    prefix: () => bytes(0, name),
    integer: () => uint(32, name, labels === undefined ? {} : { labels }),
    ipv4: () => ipv4Address(name),
    ipv6: () => ipv6Address(name),
  };
  return kinds[type]();
}

const known = Object.keys(attributes).map(Number);
const attributeFields: Readonly<Record<string, FieldDeclaration>> = Object.fromEntries(
  known.map((code) => [keyOf(code), declare(code)]),
);

const fields = {
  req: flag('Request'),
  rsp: flag('Response'),
  avp: bytes(0, 'AVP'),
  'avp.type': uint(8, 'Type'),
  'avp.length': uint(8, 'Length'),
  'avp.vendor_id': uint(32, 'Vendor ID'),
  'avp.vendor_type': uint(8, 'Type'),
  'avp.vendor_len': uint(8, 'Length'),
  eap_fragment: bytes(0, 'EAP fragment'),
  egress_vlanid_tag: uint(32, 'Tag', { base: 16 }),
  egress_vlanid_pad: uint(32, 'Pad', { base: 16 }),
  egress_vlanid: uint(32, 'Vlan ID'),
  egress_vlan_name_tag: uint(8, 'Tag', { base: 16 }),
  egress_vlan_name: text('Vlan Name'),
  ...attributeFields,
};

type RadiusFields = { readonly [K in keyof typeof fields]: Field } & Readonly<Record<string, Field>>;

/** Remote Authentication Dial In User Service, with its accounting and its dynamic authorization. */
export const radius = protocol('radius', 'RADIUS Protocol', {
  reference: 'RFC 2865, RFC 2866, RFC 5176',
  carriedBy: { 'udp.port': [1645, 1646, 1700, 1812, 1813, 3799] },
  header: {
    code: uint(8, 'Code', { labels: codes }),
    id: uint(8, 'Packet identifier'),
    length: uint(16, 'Length'),
    authenticator: bytes(16, 'Authenticator'),
  },
  fields,
  headerLength: 'all',
  body: (body, field, read) => {
    const code = read.code(body.view, body.start);
    const all = field as unknown as RadiusFields;
    if (REQUESTS.has(code)) body.derived(all.req, true, undefined, body.start);
    else if (ANSWERS.has(code)) body.derived(all.rsp, true, undefined, body.start);
    const end = body.start + Math.max(HEADER, read.length(body.view, body.start));
    body.within(end, () => {
      while (body.remaining >= 2) attribute(body, all);
    });
    if (end > body.end) body.need(end - body.position, 'the attributes');
  },
  info: (_layer, { view, start, end }) => {
    if (start + 2 > end) return 'Cut RADIUS header';
    const code = view.getUint8(start);
    return `${codes[code] ?? `Unknown code (${code})`} id=${view.getUint8(start + 1)}`;
  },
});

/** RFC 2865, section 5. */
function attribute(body: Body, field: RadiusFields): void {
  const code = body.peek8();
  const length = body.peek8(1);
  if (length < 2) body.fail(`an attribute of ${length} octets; its type and length alone have 2`);
  body.over(field.avp, length, () => {
    const name = attributes[code]?.[0] ?? otherNames[code] ?? 'Unknown-Attribute';
    body.describe(`t=${name}(${code}) l=${length}`);
    body.number(field['avp.type']);
    body.number(field['avp.length']);
    if (body.remaining === 0 && attributes[code]?.[1] !== 'text') return;
    if (code === VENDOR_SPECIFIC) vendor(body, field);
    else if (code === EAP_MESSAGE) body.take(field.eap_fragment, body.remaining);
    else if (code === EGRESS_VLANID && body.remaining >= 4) egress(body, field);
    else if (code === EGRESS_VLAN_NAME) {
      body.number(field.egress_vlan_name_tag);
      if (body.remaining > 0) body.take(field.egress_vlan_name, body.remaining);
    } else if (attributes[code] !== undefined) value(body, field[keyOf(code)], attributes[code][1]);
  });
}

function value(body: Body, field: Field, type: AttributeType): void {
  if (type === 'time' && body.remaining >= 4) {
    body.found(field, absoluteTimeText(body.view.getUint32(body.position)), body.position, 4);
    body.position += 4;
  } else if (type === 'prefix') {
    // RFC 3162, section 2.3: a reserved octet, the prefix's length, and as much of it as there is.
    if (body.remaining >= 2 && body.remaining <= 18 && body.peek8(1) <= 128) body.take(field, body.remaining);
  } else if (field.bits === 0) body.take(field, body.remaining);
  else if (body.remaining * 8 === field.bits) body.take(field);
}

/** RFC 4675, section 2.1. */
function egress(body: Body, field: RadiusFields): void {
  const at = body.position;
  const all = body.view.getUint32(at);
  body.found(field.egress_vlanid_tag, all >>> 24, at, 1);
  body.derived(field.egress_vlanid_pad, (all >>> 12) & 0xfff, undefined, at + 1, 2);
  body.found(field.egress_vlanid, all & 0xfff, at + 1, 3);
  body.position = at + 4;
}

/** RFC 2865, section 5.26. */
function vendor(body: Body, field: RadiusFields): void {
  if (body.remaining < 4) return;
  const id = body.number(field['avp.vendor_id']);
  if (OTHER_FORMATS.has(id)) return;
  while (body.remaining >= 2) {
    const length = body.peek8(1);
    if (length < 2 || length > body.remaining) return;
    body.headed(field['avp.vendor_type'], () => {
      body.number(field['avp.vendor_len']);
      if (length > 2) body.skip(length - 2);
    });
  }
}
