/** Media types (RFC 9110, section 8.3; RFC 2045, section 5.1), and which protocol reads what is of one. */

import type { Body } from '../core/index.js';

/** The dispatch table in which bodies are looked up. */
export const MEDIA = 'media_type';

/** Its values. */
export const Media = { sdp: 1, json: 2, form: 3, text: 4, multipart: 5, mail: 6, other: 7, unknown: 8 } as const;

/** The types that Wireshark 4.0 gives to the same dissectors; all others of text or JSON it takes for unknown ones. */
const byType: ReadonlyMap<string, number> = new Map([
  ['application/sdp', Media.sdp],
  ...[
    'application/json',
    'application/json-patch+json',
    'application/json-rpc',
    'application/jsonrequest',
    'application/merge-patch+json',
    'application/problem+json',
    'application/senml+json',
    'application/sensml+json',
    'application/vnd.oma.lwm2m+json',
    'application/x-ndjson',
  ].map((type) => [type, Media.json] as const),
  ['application/x-www-form-urlencoded', Media.form],
  ...[
    'application/x-javascript',
    'application/x-ns-proxy-autoconfig',
    'text/css',
    'text/enriched',
    'text/html',
    'text/javascript',
    'text/parameters',
    'text/plain',
    'text/richtext',
  ].map((type) => [type, Media.text] as const),
  ['message/rfc822', Media.mail],
  ['application/octet-stream', Media.unknown],
  ['', Media.unknown],
]);

/** Types that protocols have for themselves which are not decoded here. */
const ELSEWHERE =
  /^(text\/(xml|vnd\.wap\.wml)|application\/(xml|(soap|atom|rss|mathml|pidf|xcap-diff|xcap-el|xcap-error|reginfo|watcherinfo|resource-lists|conference-info|dialog-info|poc-settings|im-iscomposing|simple-filter|rlmi|cpl|cellml|rdf|smil|auth-policy|beep|davmount|mbms-.*|vnd\.3gpp.*)\+xml|xml-dtd|ocsp-(request|response)|timestamp-(query|reply)|pkix-(cert|crl)|pkcs7-(mime|signature)|grpc|cbor|x-amf|ipp|isup|dns-message|vnd\.wap\..*|vnd\.ms-sync\.wbxml|vnd\.tcpdump\.pcap)|image\/(gif|png|jpe?g|pjpeg|jfif|svg\+xml)|video\/mp2t|message\/(sipfrag|http))$/;

/** A media type without its parameters, in lower case, and the parameters as they were written. */
export function parseMediaType(value: string): { readonly type: string; readonly parameters: string } {
  const end = value.indexOf(';');
  const type = (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
  return { type, parameters: end < 0 ? '' : value.slice(end + 1).trim() };
}

/** The value of `MEDIA` for a type in lower case; 0 where nothing here reads it. */
export function mediaOf(type: string): number {
  if (type.startsWith('multipart/')) return Media.multipart;
  return byType.get(type) ?? (ELSEWHERE.test(type) ? 0 : Media.other);
}

/**
 * Hands the body of a message over.
 *
 * @param contentType as the message says it; the empty string where it does not
 * @param place octets of the view, or others
 */
export function handMedia(
  body: Body,
  contentType: string,
  place: Uint8Array<ArrayBuffer> | readonly [number, number],
): void {
  const carried = parseMediaType(contentType);
  const value = mediaOf(carried.type);
  if (value !== 0) body.hand(MEDIA, value, carried, place);
}

/** Whether nothing is remembered of a body: for `forgets`. */
export const leavesNothing = { octets: () => true } as const;
