/** What speaks inside of TLS. */

import type { Registry } from '../core/registry.js';
import type { ConversationState, Ends } from './conversations.js';

/** Names of RFC 7301 and the protocols that they stand for. */
const BY_NAME: Readonly<Record<string, string>> = {
  'http/1.0': 'http',
  'http/1.1': 'http',
  h2: 'http2',
  'h2-14': 'http2',
  'h2-16': 'http2',
  dot: 'dns',
  ftp: 'ftp',
  imap: 'imap',
  pop3: 'pop',
  mqtt: 'mqtt',
  postgresql: 'pgsql',
};

/** What is under TLS on a port that is TLS's own (RFC 2818, 7858, 8314 and IANA's list). */
const BY_PORT: Readonly<Record<number, string>> = {
  443: 'http',
  465: 'smtp',
  587: 'smtp',
  636: 'ldap',
  853: 'dns',
  989: 'ftp-data',
  990: 'ftp',
  993: 'imap',
  995: 'pop',
  5061: 'sip',
  5671: 'amqp',
  8883: 'mqtt',
};

/** The protocol that TLS's own ports stand for: its filter name, or the empty string. */
function byPort({ sourcePort, destinationPort }: Ends): string {
  return BY_PORT[sourcePort] ?? BY_PORT[destinationPort] ?? '';
}

/** The title of the protocol that is expected under TLS, by the ports. */
export function presumedTitle(registry: Registry, ends: Ends): string | undefined {
  const id = registry.idOf(byPort(ends));
  return id === 0 ? undefined : registry.runtime(id).protocol.title;
}

/** Chooses the protocol of a decrypted conversation: what both agreed on, what the octets say, what the port is for. */
export function chooser(registry: Registry) {
  const tcp = registry.idOf('tcp');
  const tls = registry.idOf('tls');
  return (inside: ConversationState, ends: Ends, octets: Uint8Array, application: string | undefined) => {
    if (inside.protocol === 0) {
      const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
      inside.protocol =
        registry.idOf(BY_NAME[application ?? ''] ?? '') ||
        registry.recognise(tcp, tls, view, 0, octets.length) ||
        registry.idOf(byPort(ends)) ||
        clear(registry.byPorts('tcp.port', ends.sourcePort, ends.destinationPort), tls);
    }
    return inside.protocol === 0 ? undefined : registry.runtime(inside.protocol).protocol.title;
  };
}

/** A port's protocol, where that is not TLS itself. */
function clear(id: number, tls: number): number {
  return id === tls ? 0 : id;
}
