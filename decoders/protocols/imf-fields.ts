/** The fields of a mail's header: RFC 5322, section 3.6, and RFC 2045 to 2156. */

import { type Field, group, text } from '../core/index.js';

/** How a header field is read: as it is, as a list of mailboxes, as a list of addresses, as one address, or as a type. */
export type Reading = 'plain' | 'mailboxes' | 'addresses' | 'address' | 'type';

const of = (title: string, reading: Reading = 'plain') => ({ title, reading, field: text(title) });

/** By the field's name in lower case; the key of the declaration is the part of the filter name. */
const declared = {
  date: of('Date'),
  from: of('From', 'mailboxes'),
  sender: of('Sender', 'address'),
  reply_to: of('Reply-To', 'addresses'),
  to: of('To', 'addresses'),
  cc: of('Cc', 'addresses'),
  bcc: of('Bcc', 'addresses'),
  message_id: of('Message-ID'),
  in_reply_to: of('In-Reply-To'),
  references: of('References'),
  subject: of('Subject'),
  comments: of('Comments'),
  user_agent: of('User-Agent'),
  keywords: of('Keywords'),
  'resent.date': of('Resent-Date'),
  'resent.from': of('Resent-From', 'mailboxes'),
  'resent.sender': of('Resent-Sender', 'address'),
  'resent.to': of('Resent-To', 'addresses'),
  'resent.cc': of('Resent-Cc', 'addresses'),
  'resent.bcc': of('Resent-Bcc', 'addresses'),
  'resent.message_id': of('Resent-Message-ID'),
  return_path: of('Return-Path'),
  received: of('Received'),
  'content.type': of('Content-Type', 'type'),
  'content.description': of('Content-Description'),
  'content.id': of('Content-ID'),
  'content.transfer_encoding': of('Content-Transfer-Encoding'),
  mime_version: of('MIME-Version'),
  autoforwarded: of('Autoforwarded'),
  autosubmitted: of('Autosubmitted'),
  content_language: of('Content-Language'),
  conversion: of('Conversion'),
  delivery_date: of('Delivery-Date'),
  deferred_delivery: of('Deferred-Delivery'),
  expires: of('Expires'),
  importance: of('Importance'),
  incomplete_copy: of('Incomplete-Copy'),
  latest_delivery_time: of('Latest-Delivery-Time'),
  message_type: of('Message-Type'),
  priority: of('Priority'),
  reply_by: of('Reply-By'),
  sensitivity: of('Sensitivity'),
  supersedes: of('Supersedes'),
  delivered_to: of('Delivered-To', 'address'),
  'ext.mailer': of('X-Mailer'),
  'ext.mimeole': of('X-MimeOLE'),
  'ext.expiry-date': of('Expiry-Date'),
  'ext.tnef-correlator': of('X-MS-TNEF-Correlator'),
  'ext.uidl': of('X-UIDL'),
  'ext.authentication_warning': of('X-Authentication-Warning'),
  'ext.virus_scanned': of('X-Virus-Scanned'),
  'ext.original-to': of('X-Original-To', 'address'),
  'thread-index': of('Thread-Index'),
  lines: of('Lines'),
  precedence: of('Precedence'),
} as const;

type Name = keyof typeof declared;

export const imfFields = {
  ...(Object.fromEntries(Object.entries(declared).map(([name, { field }]) => [name, field])) as {
    readonly [K in Name]: (typeof declared)[K]['field'];
  }),
  'content.type.type': text('Type'),
  'content.type.parameters': text('Parameters'),
  extension: text('Unknown-Extension'),
  'extension.type': text('Type'),
  'extension.value': text('Value'),
  display_name: text('Display-Name'),
  address: text('Address'),
  'address_list.item': text('Item'),
  'mailbox_list.item': text('Item'),
  message_text: group('Message-Text'),
  'message_text.line': text('Line'),
};

export type ImfFields = { readonly [K in keyof typeof imfFields]: Field };

const byName: ReadonlyMap<string, { readonly name: Name; readonly reading: Reading }> = new Map(
  Object.entries(declared).map(([name, { title, reading }]) => [title.toLowerCase(), { name: name as Name, reading }]),
);

/** The field of that name, in any case, and how it is read; undefined for one that is not known. */
export function headerNamed(name: string): { readonly name: Name; readonly reading: Reading } | undefined {
  return byName.get(name.toLowerCase());
}
