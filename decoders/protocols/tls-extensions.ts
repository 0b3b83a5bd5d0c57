/** Extensions of the hello messages (RFC 8446, section 4.2; RFC 6066; RFC 7301 and others). */

import type { Body, Field } from '../core/index.js';
import { extensionTypes, groups } from '../labels/tls.js';
import { readParameters } from './quic-parameters.js';
import type { HandshakeFields } from './tls-fields.js';
import { readTimestamps } from './tls-sct.js';
import { contained } from './tls-state.js';

/** In which message an extension stands: some have another form in an answer. */
export type Hello = 'client' | 'server' | 'retry' | 'other';

type Reader = (body: Body, field: HandshakeFields, hello: Hello) => void;

/** Reads `extensions_length` and the extensions; nothing where there are none, as before RFC 3546. */
export function readExtensions(body: Body, field: HandshakeFields, hello: Hello): void {
  if (body.remaining === 0) return;
  const length = body.number(field['handshake.extensions_length']);
  const end = body.position + length;
  const partial = end > body.end;
  body.within(end, () => {
    while (body.remaining > 0) readExtension(body, field, hello);
  });
  if (partial) body.need(end - body.position, 'the extensions');
}

function readExtension(body: Body, field: HandshakeFields, hello: Hello): void {
  const type = body.peek16();
  body.headed(field['handshake.extension.type'], () => {
    const length = body.number(field['handshake.extension.len']);
    body.describe(`${extensionTypes[type] ?? `Unknown type ${type}`} (len=${length})`);
    const end = body.position + length;
    if (end > body.end) body.need(length, 'an extension');
    const reader = readers[type] ?? unknown;
    contained(body, end, () => {
      if (length > 0 || reader === unknown) reader(body, field, hello);
    });
  });
}

/** An extension that says all by being there; what it has all the same is shown. */
const empty: Reader = (body, field) => unknown(body, field, 'other');

const unknown: Reader = (body, field) => {
  body.take(field['handshake.extension.data'], body.remaining);
};

/** A vector of elements under a heading: its length was read, and says how many octets they have. */
function list(body: Body, heading: Field, octets: number, inside: () => void, what: (count: number) => string): void {
  if (octets > body.remaining) body.need(octets, heading.title);
  body.group(heading, () => {
    let count = 0;
    body.within(body.position + octets, () => {
      for (; body.remaining > 0; count++) inside();
    });
    body.describe(what(count));
  });
}

const serverName: Reader = (body, field) => {
  const length = body.number(field['handshake.extensions_server_name_list_len']);
  body.within(body.position + length, () => {
    while (body.remaining > 0) {
      body.number(field['handshake.extensions_server_name_type']);
      const octets = body.number(field['handshake.extensions_server_name_len']);
      body.text(field['handshake.extensions_server_name'], octets);
    }
  });
};

const supportedGroups: Reader = (body, field) => {
  const length = body.number(field['handshake.extensions_supported_groups_length']);
  list(
    body,
    field['handshake.extensions_supported_groups'],
    length,
    () => body.number(field['handshake.extensions_supported_group']),
    (count) => `${count} group${count === 1 ? '' : 's'}`,
  );
};

const pointFormats: Reader = (body, field) => {
  const length = body.number(field['handshake.extensions_ec_point_formats_length']);
  list(
    body,
    field['handshake.extensions_ec_point_formats'],
    length,
    () => body.number(field['handshake.extensions_ec_point_format']),
    (count) => `${count}`,
  );
};

/** Also in a Certificate Request of TLS 1.2. */
export const signatureAlgorithms: Reader = (body, field) => {
  const length = body.number(field['handshake.sig_hash_alg_len']);
  list(
    body,
    field['handshake.sig_hash_algs'],
    length,
    () => body.number(field['handshake.sig_hash_alg']),
    (count) => `${count} algorithm${count === 1 ? '' : 's'}`,
  );
};

const alpn: Reader = (body, field) => {
  const length = body.number(field['handshake.extensions_alpn_len']);
  body.group(field['handshake.extensions_alpn_list'], () => {
    body.within(body.position + length, () => {
      while (body.remaining > 0) {
        const octets = body.number(field['handshake.extensions_alpn_str_len']);
        body.text(field['handshake.extensions_alpn_str'], octets);
      }
    });
  });
};

/** Application settings, draft-vvv-tls-alps. */
const alps: Reader = (body, field, hello) => {
  if (hello !== 'client') {
    unknown(body, field, hello);
    return;
  }
  const length = body.number(field['handshake.extensions_alps_len']);
  body.group(field['handshake.extensions_alps_alpn_list'], () => {
    body.within(body.position + length, () => {
      while (body.remaining > 0) {
        const octets = body.number(field['handshake.extensions_alps_alpn_str_len']);
        body.text(field['handshake.extensions_alps_alpn_str'], octets);
      }
    });
  });
};

const nextProtocols: Reader = (body, field) => {
  while (body.remaining > 0) {
    const octets = body.number(field['handshake.extensions_npn_str_len']);
    body.text(field['handshake.extensions_npn'], octets);
  }
};

/** RFC 5746, section 3.2. */
const renegotiation: Reader = (body, field) => {
  const length = body.number(field['handshake.extensions_reneg_info_len']);
  if (length > 0) body.take(field['handshake.extensions_reneg_info'], length);
};

/** RFC 6066, section 8. */
const statusRequest: Reader = (body, field, hello) => {
  if (hello !== 'client') {
    unknown(body, field, hello);
    return;
  }
  body.number(field['handshake.extensions_status_request_type']);
  responders(body, field);
};

function responders(body: Body, field: HandshakeFields): void {
  const names = body.number(field['handshake.extensions_status_request_responder_ids_len']);
  body.skip(names);
  const extensions = body.number(field['handshake.extensions_status_request_exts_len']);
  body.skip(extensions);
}

/** RFC 6961, section 2.2. */
const statusRequestV2: Reader = (body, field, hello) => {
  if (hello !== 'client') return;
  const length = body.number(field['handshake.extensions_status_request_list_len']);
  body.within(body.position + length, () => {
    while (body.remaining > 0) {
      body.number(field['handshake.extensions_status_request_type']);
      const octets = body.number(field['handshake.extensions_status_request_len']);
      body.within(body.position + octets, () => responders(body, field));
    }
  });
};

const keyShare: Reader = (body, field, hello) => {
  if (hello === 'retry' || (hello === 'server' && body.remaining === 2)) {
    body.number(field['handshake.extensions_key_share_selected_group']);
    return;
  }
  let end = body.end;
  if (hello === 'client') end = body.number(field['handshake.extensions_key_share_client_length']) + body.position;
  body.within(end, () => {
    while (body.remaining > 0) {
      body.headed(field['handshake.extensions_key_share_group'], (group) => {
        const length = body.number(field['handshake.extensions_key_share_key_exchange_length']);
        body.take(field['handshake.extensions_key_share_key_exchange'], length);
        body.describe(`${groups[group] ?? `Unknown (${group})`}, Key Exchange length: ${length}`);
      });
    }
  });
};

/** RFC 8446, section 4.2.11. */
const preSharedKey: Reader = (body, field, hello) => {
  if (hello !== 'client') {
    body.number(field['handshake.extensions.psk.identity.selected']);
    return;
  }
  const length = body.number(field['handshake.extensions.psk.identities.length']);
  body.within(body.position + length, () => {
    while (body.remaining > 0) {
      const octets = body.number(field['handshake.extensions.psk.identity.identity_length']);
      body.take(field['handshake.extensions.psk.identity.identity'], octets);
      body.number(field['handshake.extensions.psk.identity.obfuscated_ticket_age']);
    }
  });
  const binders = body.number(field['handshake.extensions.psk.binders_len']);
  body.group(field['handshake.extensions.psk.binders'], () => undefined, binders);
};

const supportedVersions: Reader = (body, field, hello) => {
  if (hello === 'client') body.number(field['handshake.extensions.supported_versions_len']);
  while (body.remaining > 0) body.number(field['handshake.extensions.supported_version']);
};

const cookie: Reader = (body, field) => {
  const length = body.number(field['handshake.extensions.cookie_len']);
  body.take(field['handshake.extensions.cookie'], length);
};

const pskModes: Reader = (body, field) => {
  body.number(field['extension.psk_ke_modes_length']);
  while (body.remaining > 0) body.number(field['extension.psk_ke_mode']);
};

const compressCertificate: Reader = (body, field) => {
  body.number(field['compress_certificate.algorithms_length']);
  while (body.remaining > 0) body.number(field['compress_certificate.algorithm']);
};

const connectionId: Reader = (body, field) => {
  const length = body.number(field.connection_id_length);
  if (length > 0) body.take(field.connection_id, length);
};

const one =
  (key: keyof HandshakeFields): Reader =>
  (body, field) => {
    body.number(field[key]);
  };

const readers: Readonly<Record<number, Reader>> = {
  0: serverName,
  1: one('handshake.max_fragment_length'),
  5: statusRequest,
  10: supportedGroups,
  11: pointFormats,
  13: signatureAlgorithms,
  15: one('handshake.extension.heartbeat.mode'),
  16: alpn,
  17: statusRequestV2,
  18: readTimestamps,
  21: (body, field) => body.take(field['handshake.extensions_padding_data'], body.remaining),
  22: empty,
  23: empty,
  27: compressCertificate,
  28: one('record_size_limit'),
  34: (body, field, hello) => (hello === 'client' ? signatureAlgorithms : unknown)(body, field, hello),
  // Drafts of TLS 1.3 up to 22 had the key share here.
  40: keyShare,
  41: preSharedKey,
  42: (body, field, hello) => (hello === 'other' ? one('early_data.max_early_data_size') : empty)(body, field, hello),
  43: supportedVersions,
  44: cookie,
  45: pskModes,
  49: empty,
  50: signatureAlgorithms,
  51: keyShare,
  54: connectionId,
  57: readParameters,
  13172: nextProtocols,
  17513: alps,
  65281: renegotiation,
  65445: readParameters,
};
