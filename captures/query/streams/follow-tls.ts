/** What the secrets of a capture decrypt of a flow, packet by packet. */

import { CaptureError } from '../../sources/source.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { StoredSession } from '../sessions/stored-session.js';
import type { FollowedFlow } from './flow-packets.js';
import { TRANSPORT } from './follow.js';

/** As a session names the octets that it decrypted. */
const DECRYPTED = 'Decrypted TLS';

/**
 * Gives what each packet completes of the application data; packets must come in the order of the capture.
 *
 * @throws CaptureError where there is nothing to decrypt, or nothing to decrypt it with
 */
export function decryptedBy(reader: CaptureReader, flow: FollowedFlow): (ref: PacketRef) => readonly Uint8Array[] {
  if (flow.transport !== TRANSPORT.tcp)
    throw new CaptureError('bad-option', `Flow ${flow.id} is not of TCP, so that it has no TLS to decrypt.`);
  if (reader.secrets === undefined)
    throw new CaptureError(
      'bad-option',
      'This capture has no secrets, so that TLS cannot be decrypted.',
      'POST …/secrets takes a key log (SSLKEYLOGFILE).',
    );
  const session = new StoredSession(reader, { budget: Number.POSITIVE_INFINITY });
  return (ref) =>
    (session.dissect(ref)?.sources ?? []).filter(({ name }) => name === DECRYPTED).map(({ bytes }) => bytes);
}
