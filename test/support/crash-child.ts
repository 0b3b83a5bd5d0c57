/**
 * A process that is made to be killed: `crash-child.js capture FOLDER PORT RING-SEGMENTS` captures datagrams to a UDP port
 * on lo and prints the capture's id, `crash-child.js flood PORT` sends them until it is ended.
 */
import { createSocket } from 'node:dgram';
import { CaptureStore } from '../../captures/store/capture-store.js';

const [what, ...rest] = process.argv.slice(2);

async function capture(folder: string, port: string, segments: string): Promise<void> {
  const store = await CaptureStore.open(folder);
  const ring = Number(segments) > 0 ? { ring: { segments: Number(segments), bytes: 8 << 20 } } : {};
  const { id } = await store.start({
    engine: 'native',
    interfaces: ['lo'],
    captureFilter: `udp port ${port}`,
    ...ring,
  });
  console.log(id);
}

/** About 1 KiB a datagram, from 50 ports in turn. */
function flood(port: number): void {
  const payload = Buffer.alloc(1000, 'netglass ');
  // A test run that is broken off must not be survived by a flood.
  setTimeout(() => process.exit(), 120_000);
  for (let i = 0; i < 50; i++) {
    const socket = createSocket('udp4');
    const send = (): void => {
      socket.send(payload, port, '127.0.0.1', () => setTimeout(send, 1));
    };
    // Nobody listens there: "port unreachable" is not an error here.
    socket.on('error', () => undefined);
    send();
  }
}

if (what === 'capture') await capture(rest[0], rest[1], rest[2]);
else flood(Number(rest[0]));
