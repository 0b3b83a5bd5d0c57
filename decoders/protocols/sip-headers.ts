/** The header fields of SIP that have fields of their own: IANA "Session Initiation Protocol (SIP) Parameters". */

import { type Field, type FieldDeclaration, text, uint } from '../core/index.js';

/** Header fields that are shown as they are. */
const plain = [
  'Accept',
  'Accept-Contact',
  'Accept-Encoding',
  'Accept-Language',
  'Accept-Resource-Priority',
  'Alert-Info',
  'Allow',
  'Allow-Events',
  'Answer-Mode',
  'Authentication-Info',
  'Authorization',
  'CSeq',
  'Call-ID',
  'Call-Info',
  'Contact',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Type',
  'Date',
  'Error-Info',
  'Event',
  'Feature-Caps',
  'Flow-Timer',
  'From',
  'Geolocation',
  'Geolocation-Error',
  'Geolocation-Routing',
  'History-Info',
  'Identity',
  'Identity-info',
  'Info-Package',
  'In-Reply-To',
  'Join',
  'MIME-Version',
  'Min-SE',
  'Organization',
  'P-Access-Network-Info',
  'P-Answer-State',
  'P-Asserted-Identity',
  'P-Asserted-Service',
  'P-Associated-URI',
  'P-Called-Party-ID',
  'P-Charging-Function-Addresses',
  'P-Charging-Vector',
  'P-Early-Media',
  'P-Media-Authorization',
  'P-Preferred-Identity',
  'P-Preferred-Service',
  'P-Profile-Key',
  'P-Served-User',
  'P-Visited-Network-ID',
  'Path',
  'Permission-Missing',
  'Priority',
  'Priv-Answer-mode',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'Reason',
  'Record-Route',
  'Recv-Info',
  'Refer-Sub',
  'Refer-To',
  'Referred-by',
  'Reject-Contact',
  'Replaces',
  'Reply-To',
  'Request-Disposition',
  'Require',
  'Resource-Priority',
  'Route',
  'Security-Client',
  'Security-Server',
  'Security-Verify',
  'Server',
  'Service-Route',
  'Session-Expires',
  'Session-ID',
  'Subject',
  'Subscription-State',
  'Supported',
  'Target-Dialog',
  'Timestamp',
  'To',
  'Trigger-Consent',
  'Unsupported',
  'User-Agent',
  'Via',
  'WWW-Authenticate',
  'Warning',
] as const;

/** Header fields that are a number. */
const numbers = [
  'Content-Length',
  'Expires',
  'Max-Breadth',
  'Max-Forwards',
  'Min-Expires',
  'RSeq',
  'Retry-After',
] as const;

type HeaderName = (typeof plain)[number] | (typeof numbers)[number];

const declared = {
  ...(Object.fromEntries(plain.map((name) => [name, text(name)])) as Readonly<
    Record<(typeof plain)[number], FieldDeclaration>
  >),
  ...(Object.fromEntries(numbers.map((name) => [name, uint(32, name)])) as Readonly<
    Record<(typeof numbers)[number], FieldDeclaration>
  >),
};

export const headerFields: Readonly<Record<HeaderName, FieldDeclaration>> = declared;
export type HeaderFields = { readonly [K in HeaderName]: Field };

/** RFC 3261, section 20, and those that registered one later. */
const compactForms: Readonly<Record<string, HeaderName>> = {
  a: 'Accept-Contact',
  b: 'Referred-by',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const byName: ReadonlyMap<string, HeaderName> = new Map([
  ...[...plain, ...numbers].map((name) => [name.toLowerCase(), name] as const),
  ...Object.entries(compactForms),
]);

/** The header field's key by its name in any case, or its compact form. */
export function headerKey(name: string): HeaderName | undefined {
  return byName.get(name.trim().toLowerCase());
}
