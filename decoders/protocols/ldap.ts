import {
  type Body,
  bytes,
  type Field,
  findField,
  flag,
  group,
  type LayerNode,
  protocol,
  text,
  uint,
} from '../core/index.js';
import {
  authentications,
  dereferences,
  extendedOperations,
  filters,
  modifications,
  operations,
  resultCodes,
  scopes,
  substrings,
} from '../labels/ldap.js';
import { enterTlv, takeBoolean, takeInteger, takeMembers, takeOctets, takeString } from './ber-fields.js';
import { isTlv, peekTlv, readTlv, Tag, type Tlv, takeTlv, withinTlv } from './der.js';
import { readMessages } from './messages.js';

const APPLICATION = 1;
const CONTEXT = 2;
/** Filters in filters: nobody's are as deep, and each costs a level of the stack. */
const DEEPEST_FILTER = 40;
const START_TLS = '1.3.6.1.4.1.1466.20037';
const SEQUENCE = 0x30;

const fields = {
  LDAPMessage_element: group('LDAPMessage'),
  messageID: uint(32, 'messageID'),
  protocolOp: uint(32, 'protocolOp', { labels: operations }),
  bindRequest_element: group('bindRequest'),
  bindResponse_element: group('bindResponse'),
  unbindRequest_element: group('unbindRequest'),
  searchRequest_element: group('searchRequest'),
  searchResEntry_element: group('searchResEntry'),
  searchResDone_element: group('searchResDone'),
  searchResRef: uint(32, 'searchResRef'),
  modifyRequest_element: group('modifyRequest'),
  modifyResponse_element: group('modifyResponse'),
  addRequest_element: group('addRequest'),
  addResponse_element: group('addResponse'),
  delRequest: text('delRequest'),
  delResponse_element: group('delResponse'),
  modDNRequest_element: group('modDNRequest'),
  modDNResponse_element: group('modDNResponse'),
  compareRequest_element: group('compareRequest'),
  compareResponse_element: group('compareResponse'),
  abandonRequest: uint(32, 'abandonRequest'),
  extendedReq_element: group('extendedReq'),
  extendedResp_element: group('extendedResp'),
  intermediateResponse_element: group('intermediateResponse'),
  version: uint(32, 'version'),
  name: text('name'),
  authentication: uint(32, 'authentication', { labels: authentications }),
  simple: text('simple'),
  sasl_element: group('sasl'),
  mechanism: text('mechanism'),
  credentials: bytes(0, 'credentials'),
  serverSaslCreds: bytes(0, 'serverSaslCreds'),
  resultCode: uint(32, 'resultCode', { labels: resultCodes }),
  matchedDN: text('matchedDN'),
  errorMessage: text('errorMessage'),
  referral: uint(32, 'referral'),
  LDAPURL: text('LDAPURL'),
  baseObject: text('baseObject'),
  scope: uint(32, 'scope', { labels: scopes }),
  derefAliases: uint(32, 'derefAliases', { labels: dereferences }),
  sizeLimit: uint(32, 'sizeLimit'),
  timeLimit: uint(32, 'timeLimit', { unit: 's' }),
  typesOnly: flag('typesOnly', { bits: 8 }),
  filter: uint(32, 'filter', { labels: filters }),
  and: uint(32, 'and'),
  and_item: uint(32, 'and item', { labels: filters }),
  or: uint(32, 'or'),
  or_item: uint(32, 'or item', { labels: filters }),
  not: uint(32, 'not', { labels: filters }),
  equalityMatch_element: group('equalityMatch'),
  substrings_element: group('substrings'),
  substrings: uint(32, 'substrings'),
  substrings_item: uint(32, 'substrings item', { labels: substrings }),
  initial: text('initial'),
  any: text('any'),
  final: text('final'),
  greaterOrEqual_element: group('greaterOrEqual'),
  lessOrEqual_element: group('lessOrEqual'),
  approxMatch_element: group('approxMatch'),
  extensibleMatch_element: group('extensibleMatch'),
  present: text('present'),
  attributeDesc: text('attributeDesc'),
  assertionValue: text('assertionValue'),
  matchingRule: text('matchingRule'),
  matchValue: text('matchValue'),
  dnAttributes: flag('dnAttributes', { bits: 8 }),
  attributes: uint(32, 'attributes'),
  AttributeDescription: text('AttributeDescription'),
  objectName: text('objectName'),
  PartialAttributeList_item_element: group('PartialAttributeList item'),
  AttributeList_item_element: group('AttributeList item'),
  type: text('type'),
  vals: uint(32, 'vals'),
  AttributeValue: bytes(0, 'AttributeValue'),
  object: text('object'),
  modification: uint(32, 'modification'),
  modification_item_element: group('modification item'),
  operation: uint(32, 'operation', { labels: modifications }),
  modification_element: group('modification'),
  entry: text('entry'),
  newrdn: text('newrdn'),
  deleteoldrdn: flag('deleteoldrdn', { bits: 8 }),
  newSuperior: text('newSuperior'),
  ava_element: group('ava'),
  requestName: text('requestName'),
  requestValue: bytes(0, 'requestValue'),
  responseName: text('responseName'),
  responseValue: bytes(0, 'responseValue'),
  controls: uint(32, 'controls'),
  Control_element: group('Control'),
  controlType: text('controlType'),
  criticality: flag('criticality', { bits: 8 }),
  controlValue: bytes(0, 'controlValue'),
};

type LdapFields = { readonly [K in keyof typeof fields]: Field };

/** Lightweight Directory Access Protocol, version 3. */
export const ldap = protocol('ldap', 'Lightweight Directory Access Protocol', {
  reference: 'RFC 4511',
  carriedBy: { 'tcp.port': [389, 3268] },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) => readMessages(body, messageLength, () => message(body, field)),
  info: summary,
});

function messageLength(view: DataView, start: number, end: number): number {
  if (view.getUint8(start) !== SEQUENCE) return -1;
  const tlv = readTlv(view, start, end);
  return tlv === undefined ? 0 : tlv.end - start;
}

/** RFC 4511, section 4.1.1. */
function message(body: Body, field: LdapFields): void {
  body.group(field.LDAPMessage_element, () => {
    takeTlv(body, 'the message');
    takeInteger(body, field.messageID);
    operation(body, field);
    if (body.remaining > 0 && isTlv(peekTlv(body, 'the controls'), 0, CONTEXT))
      takeMembers(body, field.controls, () => control(body, field));
    if (body.remaining > 0) body.skip(body.remaining);
  });
}

function control(body: Body, field: LdapFields): void {
  body.group(field.Control_element, () =>
    withinTlv(body, 'a control', () => {
      takeString(body, field.controlType);
      if (body.remaining > 0 && isTlv(peekTlv(body, 'a control'), Tag.boolean)) takeBoolean(body, field.criticality);
      if (body.remaining > 0) takeOctets(body, field.controlValue);
    }),
  );
}

type Reader = (body: Body, field: LdapFields) => void;

/** Operations that are a sequence, by their tag. */
const sequences: Readonly<Record<number, readonly [keyof LdapFields, Reader]>> = {
  0: ['bindRequest_element', bindRequest],
  1: ['bindResponse_element', (body, field) => result(body, field, 'serverSaslCreds', 7)],
  3: ['searchRequest_element', searchRequest],
  4: ['searchResEntry_element', searchEntry],
  5: ['searchResDone_element', (body, field) => result(body, field)],
  6: ['modifyRequest_element', modifyRequest],
  7: ['modifyResponse_element', (body, field) => result(body, field)],
  8: ['addRequest_element', addRequest],
  9: ['addResponse_element', (body, field) => result(body, field)],
  11: ['delResponse_element', (body, field) => result(body, field)],
  12: ['modDNRequest_element', renameRequest],
  13: ['modDNResponse_element', (body, field) => result(body, field)],
  14: ['compareRequest_element', compareRequest],
  15: ['compareResponse_element', (body, field) => result(body, field)],
  23: ['extendedReq_element', extendedRequest],
  24: ['extendedResp_element', extendedResponse],
  25: ['intermediateResponse_element', (body, field) => named(body, field, 'responseName', 'responseValue', 0)],
};

function operation(body: Body, field: LdapFields): void {
  const tlv = peekTlv(body, 'the operation');
  if (tlv.class !== APPLICATION) body.fail('this is no operation of LDAP');
  body.titled(field.protocolOp, tlv.tag, () => {
    const known = sequences[tlv.tag];
    if (known !== undefined)
      body.group(field[known[0]], () =>
        withinTlv(body, operations[tlv.tag], () => {
          known[1](body, field);
          if (body.remaining > 0) body.skip(body.remaining);
        }),
      );
    else if (tlv.tag === 2) body.group(field.unbindRequest_element, () => enterTlv(body, 'unbindRequest'));
    else if (tlv.tag === 10) takeString(body, field.delRequest);
    else if (tlv.tag === 16) takeInteger(body, field.abandonRequest);
    else if (tlv.tag === 19) takeMembers(body, field.searchResRef, () => takeString(body, field.LDAPURL));
    else body.skip(Math.min(tlv.end - tlv.start, body.remaining));
  });
}

/** RFC 4511, section 4.2. */
function bindRequest(body: Body, field: LdapFields): void {
  takeInteger(body, field.version);
  takeString(body, field.name);
  const tlv = peekTlv(body, 'authentication');
  body.titled(field.authentication, tlv.tag, () => {
    if (tlv.tag === 0) takeString(body, field.simple);
    else if (tlv.tag === 3)
      body.group(field.sasl_element, () =>
        withinTlv(body, 'sasl', () => {
          takeString(body, field.mechanism);
          if (body.remaining > 0) takeOctets(body, field.credentials);
        }),
      );
    else body.skip(Math.min(tlv.end - tlv.start, body.remaining));
  });
}

/** RFC 4511, section 4.1.9, with what an answer may have behind it. */
function result(body: Body, field: LdapFields, more?: keyof LdapFields, tag = -1): void {
  takeInteger(body, field.resultCode);
  takeString(body, field.matchedDN);
  takeString(body, field.errorMessage);
  if (nextIs(body, 3)) takeMembers(body, field.referral, () => takeString(body, field.LDAPURL));
  if (more !== undefined && nextIs(body, tag)) takeOctets(body, field[more]);
}

/** Whether the next element has a context tag. */
function nextIs(body: Body, tag: number): boolean {
  return body.remaining > 0 && isTlv(peekTlv(body, 'the next element'), tag, CONTEXT);
}

/** RFC 4511, section 4.5.1. */
function searchRequest(body: Body, field: LdapFields): void {
  takeString(body, field.baseObject);
  takeInteger(body, field.scope);
  takeInteger(body, field.derefAliases);
  takeInteger(body, field.sizeLimit);
  takeInteger(body, field.timeLimit);
  takeBoolean(body, field.typesOnly);
  filter(body, field, field.filter, 0);
  takeMembers(body, field.attributes, () => takeString(body, field.AttributeDescription));
}

/** RFC 4511, section 4.5.1.7. */
function filter(body: Body, field: LdapFields, heading: Field, depth: number): void {
  const tlv = peekTlv(body, 'a filter');
  if (depth > DEEPEST_FILTER) body.fail('filters are nested too deep');
  body.titled(heading, tlv.tag, () => {
    if (tlv.tag === 0) takeMembers(body, field.and, () => filter(body, field, field.and_item, depth + 1));
    else if (tlv.tag === 1) takeMembers(body, field.or, () => filter(body, field, field.or_item, depth + 1));
    else if (tlv.tag === 2) withinTlv(body, 'not', () => filter(body, field, field.not, depth + 1));
    else if (tlv.tag === 4) substringFilter(body, field);
    else if (tlv.tag === 7) takeString(body, field.present);
    else if (tlv.tag === 9) extensible(body, field);
    else match(body, field, tlv);
  });
}

const matches: Readonly<Record<number, keyof LdapFields>> = {
  3: 'equalityMatch_element',
  5: 'greaterOrEqual_element',
  6: 'lessOrEqual_element',
  8: 'approxMatch_element',
};

function match(body: Body, field: LdapFields, tlv: Tlv): void {
  const key = matches[tlv.tag];
  if (key === undefined) {
    body.skip(Math.min(tlv.end - tlv.start, body.remaining));
    return;
  }
  body.group(field[key], () =>
    withinTlv(body, filters[tlv.tag], () => {
      takeString(body, field.attributeDesc);
      takeString(body, field.assertionValue);
    }),
  );
}

function substringFilter(body: Body, field: LdapFields): void {
  body.group(field.substrings_element, () =>
    withinTlv(body, 'substrings', () => {
      takeString(body, field.type);
      takeMembers(body, field.substrings, () => {
        const { tag } = peekTlv(body, 'a substring');
        body.titled(field.substrings_item, tag, () =>
          takeString(body, field[tag === 0 ? 'initial' : tag === 2 ? 'final' : 'any']),
        );
      });
    }),
  );
}

function extensible(body: Body, field: LdapFields): void {
  body.group(field.extensibleMatch_element, () =>
    withinTlv(body, 'extensibleMatch', () => {
      while (body.remaining > 0) {
        const { tag } = peekTlv(body, 'extensibleMatch');
        if (tag === 1) takeString(body, field.matchingRule);
        else if (tag === 2) takeString(body, field.type);
        else if (tag === 3) takeString(body, field.matchValue);
        else takeBoolean(body, field.dnAttributes);
      }
    }),
  );
}

/** RFC 4511, section 4.5.2. */
function searchEntry(body: Body, field: LdapFields): void {
  takeString(body, field.objectName);
  takeMembers(body, field.attributes, () => attribute(body, field, field.PartialAttributeList_item_element));
}

function attribute(body: Body, field: LdapFields, heading: Field): void {
  body.group(heading, () =>
    withinTlv(body, 'an attribute', () => {
      body.describe(takeString(body, field.type));
      takeMembers(body, field.vals, () => takeOctets(body, field.AttributeValue));
    }),
  );
}

/** RFC 4511, section 4.6. */
function modifyRequest(body: Body, field: LdapFields): void {
  takeString(body, field.object);
  takeMembers(body, field.modification, () =>
    body.group(field.modification_item_element, () =>
      withinTlv(body, 'a change', () => {
        takeInteger(body, field.operation);
        attribute(body, field, field.modification_element);
      }),
    ),
  );
}

/** RFC 4511, section 4.7. */
function addRequest(body: Body, field: LdapFields): void {
  takeString(body, field.entry);
  takeMembers(body, field.attributes, () => attribute(body, field, field.AttributeList_item_element));
}

/** RFC 4511, section 4.9. */
function renameRequest(body: Body, field: LdapFields): void {
  takeString(body, field.entry);
  takeString(body, field.newrdn);
  takeBoolean(body, field.deleteoldrdn);
  if (nextIs(body, 0)) takeString(body, field.newSuperior);
}

/** RFC 4511, section 4.10. */
function compareRequest(body: Body, field: LdapFields): void {
  takeString(body, field.entry);
  body.group(field.ava_element, () =>
    withinTlv(body, 'ava', () => {
      takeString(body, field.attributeDesc);
      takeString(body, field.assertionValue);
    }),
  );
}

function named(body: Body, field: LdapFields, name: keyof LdapFields, value: keyof LdapFields, tag: number): string {
  const shown = nextIs(body, tag) ? takeString(body, field[name]) : '';
  if (nextIs(body, tag + 1)) takeOctets(body, field[value]);
  return shown;
}

/** RFC 4511, section 4.12. */
function extendedRequest(body: Body, field: LdapFields): void {
  const name = named(body, field, 'requestName', 'requestValue', 0);
  const session = body.dissection.conversation?.remember('ldap', () => ({ startTls: false }));
  if (session !== undefined && name === START_TLS) session.startTls = true;
}

function extendedResponse(body: Body, field: LdapFields): void {
  result(body, field);
  named(body, field, 'responseName', 'responseValue', 10);
  const { conversation } = body.dissection;
  // RFC 4511, section 4.14: behind the answer both sides speak TLS.
  if (conversation?.remember('ldap', () => ({ startTls: false })).startTls === true) conversation.switchTo('tls');
}

/** The operations with their message ids, and of each what it is about. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  for (const message of layer.fields) {
    if (message.name !== 'ldap.LDAPMessage_element') continue;
    const inner = message.fields ?? [];
    const id = findField(inner, 'ldap.messageID');
    const kind = findField(inner, 'ldap.protocolOp');
    if (id === undefined || kind === undefined) continue;
    const value = (name: string) => findField(inner, `ldap.${name}`);
    const name =
      value('name') ??
      value('baseObject') ??
      value('objectName') ??
      value('object') ??
      value('entry') ??
      value('delRequest');
    const label = (name: string, labels: Readonly<Record<number, string>>) => {
      const node = value(name);
      return node === undefined ? undefined : (labels[Number(node.value)] ?? node.text);
    };
    const detail = [
      name === undefined ? undefined : `"${name.text === '' ? '<ROOT>' : name.text}"`,
      label('resultCode', resultCodes),
      label('scope', scopes),
      label('authentication', authentications),
      extendedOperations[value('requestName')?.text ?? ''],
    ].filter((part) => part !== undefined);
    const shown = detail.length === 0 ? '' : ` ${detail.join(' ')}`;
    parts.push(`${operations[Number(kind.value)] ?? `Unknown (${kind.text})`}(${id.text})${shown}`);
  }
  return parts.join(' | ');
}
