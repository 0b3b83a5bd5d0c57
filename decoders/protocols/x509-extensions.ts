/** Extensions of certificates: RFC 5280, section 4.2; RFC 6962; RFC 7633; and Netscape's. */

import type { Body, Field } from '../core/index.js';
import { extensionNames } from '../labels/x509.js';
import { isTlv, peekTlv, Tag, withinTlv } from './der.js';
import { tlsHandshakeFields } from './tls-fields.js';
import { readTimestamps } from './tls-sct.js';
import { contained } from './tls-state.js';
import { certificateFields as field } from './x509-fields.js';
import { generalName, generalNames, takeText } from './x509-names.js';
import { bitString, CONTEXT, integer, listOf, objectId, octetString } from './x509-values.js';

/** Extensions, whose value in `as` is their number. */
export function readExtensionList(body: Body, as: Field): void {
  listOf(body, as, () => body.group(field.extension, () => extension(body)));
}

function extension(body: Body): void {
  withinTlv(body, 'an extension', () => {
    const oid = objectId(body, field.extensionId, extensionNames);
    body.describe(extensionNames[oid] ?? oid);
    if (isTlv(peekTlv(body, 'an extension'), Tag.boolean))
      withinTlv(body, 'critical', () => body.number(field.critical));
    withinTlv(body, 'an extension', () => {
      const reader = readers[oid];
      if (reader !== undefined) contained(body, body.end, () => reader(body));
    });
  });
}

/** Reads an optional element by its context tag; whether it was there. */
function optional(body: Body, tag: number, inside: () => void): void {
  if (body.remaining > 0 && isTlv(peekTlv(body, 'an optional part'), tag, CONTEXT)) inside();
}

type Reader = (body: Body) => void;

/** Section 4.2.1.1. */
const authorityKey: Reader = (body) =>
  body.group(field.authorityKey, () =>
    withinTlv(body, 'the identifier', () => {
      optional(body, 0, () => octetString(body, field.authorityKeyId));
      optional(body, 1, () => generalNames(body, field.authorityIssuer));
      optional(body, 2, () => octetString(body, field.authoritySerial));
    }),
  );

/** Section 4.2.1.3. */
const keyUsage: Reader = (body) =>
  withinTlv(body, 'the usage', () =>
    bitString(body, field.keyUsage, true, () => {
      const at = body.position * 8;
      const flags = body.view.getUint8(body.position) * 256;
      const both = body.remaining > 1 ? flags + body.view.getUint8(body.position + 1) : flags;
      // The octet that only the last flag needs is left away without it (X.690, section 11.2.2).
      field.keyUses.children.forEach((use, index) => {
        if (use.bare !== true)
          body.derived(use, (both & (0x8000 >> index)) !== 0, undefined, (at >> 3) + (index >> 3), 1);
      });
      body.position = body.end;
    }),
  );

/** Section 4.2.1.4. */
const policies: Reader = (body) =>
  listOf(body, field.policies, () =>
    body.group(field.policy, () =>
      withinTlv(body, 'a policy', () => {
        objectId(body, field.policyId, extensionNames);
        if (body.remaining > 0)
          listOf(body, field.qualifiers, () => body.group(field.qualifier, () => qualifier(body)));
      }),
    ),
  );

const PRACTICE_STATEMENT = '1.3.6.1.5.5.7.2.1';
const USER_NOTICE = '1.3.6.1.5.5.7.2.2';

function qualifier(body: Body): void {
  withinTlv(body, 'a qualifier', () => {
    const oid = objectId(body, field.qualifierId, extensionNames);
    if (oid === PRACTICE_STATEMENT) takeText(body, field.practice);
    else if (oid === USER_NOTICE) body.group(field.notice, () => withinTlv(body, 'a notice', () => notice(body)));
  });
}

function notice(body: Body): void {
  if (body.remaining > 0 && peekTlv(body, 'a notice').constructed)
    body.group(field.noticeReference, () =>
      withinTlv(body, 'a reference', () => {
        displayText(body, field.organization);
        listOf(body, field.noticeNumbers, () => integer(body, field.noticeNumber));
      }),
    );
  if (body.remaining > 0) displayText(body, field.explicitText);
}

const displayTexts: Readonly<Record<number, readonly [number, Field]>> = {
  22: [0, field.textIa5],
  26: [1, field.textVisible],
  30: [2, field.textBmp],
  [Tag.utf8String]: [3, field.textUtf8],
};

function displayText(body: Body, as: Field): void {
  const form = displayTexts[peekTlv(body, as.title).tag];
  if (form === undefined) withinTlv(body, as.title, () => undefined);
  else body.titled(as, form[0], () => takeText(body, form[1]));
}

/** Section 4.2.1.9. */
const basicConstraints: Reader = (body) =>
  body.group(field.constraints, () =>
    withinTlv(body, 'the constraints', () => {
      if (body.remaining > 0 && isTlv(peekTlv(body, 'cA'), Tag.boolean))
        withinTlv(body, 'cA', () => body.number(field.ca));
      if (body.remaining > 0) integer(body, field.pathLength);
    }),
  );

/** Section 4.2.1.13. */
const distributionPoints: Reader = (body) =>
  listOf(body, field.points, () =>
    body.group(field.point, () =>
      withinTlv(body, 'a distribution point', () => {
        optional(body, 0, () =>
          withinTlv(body, 'its name', () => {
            const { tag } = peekTlv(body, 'its name');
            body.titled(field.pointName, tag, () => {
              if (tag === 0) generalNames(body, field.fullName);
              else withinTlv(body, 'its name', () => undefined);
            });
          }),
        );
        optional(body, 1, () => withinTlv(body, 'the reasons', () => bitString(body, field.reasons, true)));
        optional(body, 2, () => generalNames(body, field.listIssuer));
      }),
    ),
  );

/** Section 4.2.2.1. */
const access: Reader = (body) =>
  listOf(body, field.access, () =>
    body.group(field.accessItem, () =>
      withinTlv(body, 'an address', () => {
        objectId(body, field.accessMethod, extensionNames);
        generalName(body, field.accessLocation);
      }),
    ),
  );

const certType: Reader = (body) =>
  withinTlv(body, 'the types', () =>
    bitString(body, field.certTypes, true, () => {
      if (body.remaining > 0) body.number(field.certType);
      body.position = body.end;
    }),
  );

const NETSCAPE = '2.16.840.1.113730.1.';

const readers: Readonly<Record<string, Reader>> = {
  '2.5.29.14': (body) => octetString(body, field.keyId),
  '2.5.29.15': keyUsage,
  '2.5.29.17': (body) => generalNames(body, field.names),
  '2.5.29.18': (body) => generalNames(body, field.names),
  '2.5.29.19': basicConstraints,
  '2.5.29.31': distributionPoints,
  '2.5.29.32': policies,
  '2.5.29.35': authorityKey,
  '2.5.29.37': (body) => listOf(body, field.purposes, () => objectId(body, field.purpose, extensionNames)),
  '2.5.29.46': distributionPoints,
  '1.3.6.1.5.5.7.1.1': access,
  '1.3.6.1.5.5.7.1.24': (body) => listOf(body, field.features, () => integer(body, field.feature)),
  // Wireshark has one set of names for these, those of TLS.
  '1.3.6.1.4.1.11129.2.4.2': (body) =>
    withinTlv(body, 'the timestamps', () => readTimestamps(body, tlsHandshakeFields)),
  [`${NETSCAPE}1`]: certType,
  [`${NETSCAPE}2`]: (body) => takeText(body, field.baseUrl),
  [`${NETSCAPE}3`]: (body) => takeText(body, field.revocationUrl),
  [`${NETSCAPE}4`]: (body) => takeText(body, field.caRevocationUrl),
  [`${NETSCAPE}7`]: (body) => takeText(body, field.renewalUrl),
  [`${NETSCAPE}8`]: (body) => takeText(body, field.policyUrl),
  [`${NETSCAPE}12`]: (body) => takeText(body, field.serverName),
  [`${NETSCAPE}13`]: (body) => takeText(body, field.comment),
};
