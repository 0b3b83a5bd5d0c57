/** `netglass start`: serve, and capture. */

import { Command, Option } from 'commander';
import { defined } from '../../captures/defined.js';
import { KeyLogWatch } from '../../captures/secrets/key-log-file.js';
import { ENGINE_NAMES } from '../../captures/sources/live.js';
import { CaptureError, type EngineName, MAXIMUM_SNAP_LENGTH } from '../../captures/sources/source.js';
import type { CaptureRecord } from '../../captures/store/capture-file.js';
import type { LiveRequest } from '../../captures/store/capture-store.js';
import { countsText, showCounter } from '../counter.js';
import type { Daemon } from '../daemon.js';
import { openSample } from '../sample.js';
import { shared, version, whole } from '../settings.js';
import { inWords, refuseBadFilter } from './failure.js';
import { addStopOptions, type StopOptions, stopRequest } from './stop-options.js';

interface StartOptions extends StopOptions {
  interface: string[];
  filter?: string;
  engine: EngineName;
  data: string;
  host: string;
  port: number;
  capture: boolean;
  token?: string;
  allowHost: string[];
  ownTraffic: boolean;
  resolveNames: boolean;
  allowSend: boolean;
  sendRate: number;
  sendAnywhere: boolean;
  name?: string;
  snapLength?: number;
  buffer?: number;
  promiscuous: boolean;
  ringBytes?: number;
  ringSegments?: number;
  ringSeconds?: number;
  keylog?: string;
}

const several = (value: string, before: string[]): string[] => [
  ...before,
  ...value.split(',').filter((one) => one !== ''),
];

export function startCommand(): Command {
  const command = new Command('start')
    .description('capture, and serve everything that was captured over HTTP')
    .addOption(
      new Option('-i, --interface <name>', 'interface to capture on; several times for several')
        .env('NETGLASS_INTERFACE')
        .argParser(several)
        .default([] as string[], 'any'),
    )
    .addOption(new Option('-f, --filter <bpf>', 'capture filter in BPF syntax').env('NETGLASS_FILTER'))
    .addOption(
      new Option('--engine <name>', 'what captures').env('NETGLASS_ENGINE').choices(ENGINE_NAMES).default('native'),
    )
    .addOption(shared.data())
    .addOption(shared.host())
    .addOption(shared.port(0))
    .option('--no-capture', 'only serve what was captured before')
    .addOption(shared.token().env('NETGLASS_TOKEN'))
    .addOption(
      new Option('--allow-host <name>', 'further name by which clients reach the service; several times for several')
        .env('NETGLASS_ALLOW_HOST')
        .argParser(several)
        .default([] as string[], 'none'),
    )
    .option('--own-traffic', "capture the service's own traffic too", false)
    .option('--resolve-names', "ask this machine's resolver for host names, which makes traffic", false)
    .addOption(
      new Option('--allow-send', 'let clients send packets (POST /api/send, replay, netglass send)')
        .env('NETGLASS_ALLOW_SEND')
        .default(false, 'they may not'),
    )
    .addOption(shared.sendRate().env('NETGLASS_SEND_RATE'))
    .addOption(
      new Option('--send-anywhere', 'send beyond loopback and directly connected private networks')
        .env('NETGLASS_SEND_ANYWHERE')
        .default(false, 'only there'),
    )
    .option('--name <text>', 'what to call the capture')
    .addOption(
      new Option('-s, --snap-length <octets>', 'octets of each packet to keep').argParser(
        whole(1, MAXIMUM_SNAP_LENGTH),
      ),
    )
    .addOption(
      new Option('-B, --buffer <octets>', 'kernel buffer of each interface').argParser(whole(65_536, 2 ** 31 - 1)),
    )
    .option('-p, --no-promiscuous', 'do not ask interfaces for the packets of others')
    .addOption(
      new Option('--ring-bytes <octets>', 'keep about so much: the oldest packets are deleted')
        .env('NETGLASS_RING_BYTES')
        .argParser(whole(1, Number.MAX_SAFE_INTEGER)),
    )
    .addOption(
      new Option('--ring-segments <number>', 'keep at most so many segment files').argParser(whole(1, 1_000_000)),
    )
    .addOption(
      new Option('--ring-seconds <number>', 'keep about so long').argParser(whole(1, Number.MAX_SAFE_INTEGER)),
    );
  return addStopOptions(command)
    .addOption(
      new Option('--keylog <file>', 'decrypt TLS and QUIC with this SSLKEYLOGFILE, watched while it grows').env(
        'NETGLASS_KEYLOG',
      ),
    )
    .addHelpText(
      'after',
      `
The address is reached from this machine only, unless --host says otherwise; then a token is demanded, which is
printed at the start if it is not given. Ctrl-C stops cleanly; a capture that has stopped by itself is served on.
Without the privilege to capture it serves all the same.

Examples:
  netglass start                            capture everything on all interfaces
  netglass start -i lo -f "udp port 53"     DNS on loopback
  netglass start -a duration:10             ten seconds
  netglass start --stop-when "tcp.flags.reset == 1"
  netglass start --no-capture               only look at what is there`,
    )
    .action(start);
}

async function start(options: StartOptions): Promise<void> {
  const stopped = stopSignal();
  const ends = stopRequest(options);
  const { data, host, port, token, allowHost, ownTraffic, resolveNames } = options;
  const { startQueryThread } = await import('../../captures/query/thread/query-pool.js');
  startQueryThread();
  // Only this command needs the whole service; the others would wait for it to load.
  const { startDaemon } = await import('../daemon.js');
  const send = options.allowSend ? { rate: options.sendRate, anywhere: options.sendAnywhere } : undefined;
  const daemon = await startDaemon({
    data,
    host,
    port,
    token,
    allowedHosts: allowHost,
    ownTraffic,
    resolveNames,
    send,
  });
  try {
    const visit = daemon.generatedToken === undefined ? '' : `/?token=${daemon.generatedToken}`;
    console.log(`netglass ${version()} at ${daemon.address}${visit}`);
    if (daemon.generatedToken !== undefined)
      console.log(`Other machines can reach it, so it demands this token: ${daemon.generatedToken}`);
    if (send !== undefined)
      console.log(
        `clients may send at most ${send.rate} packets/s, ${send.anywhere ? 'anywhere' : 'to loopback and directly connected private networks'}`,
      );
    const record = options.capture ? await capture(daemon, options, ends) : undefined;
    const watch = keyLogWatch(daemon, options, record);
    const hide = record === undefined ? () => undefined : showCounter(daemon.store, record.id, process.stdout);
    const silence = record === undefined ? () => undefined : tellNews(daemon, record.id);
    await stopped;
    silence();
    await watch?.stop();
    hide();
    if (record !== undefined) console.log(`stopped: ${countsText(await daemon.store.stop(record.id))}`);
  } finally {
    await daemon.close();
  }
}

/** Starts the capture; without the means to, opens the sample instead and says what mends it. */
async function capture(
  daemon: Daemon,
  options: StartOptions,
  ends: ReturnType<typeof stopRequest>,
): Promise<CaptureRecord | undefined> {
  if (ends.trigger !== undefined) await refuseBadFilter(daemon.queries, ends.trigger.when);
  const interfaces = options.interface.length === 0 ? ['any'] : options.interface;
  try {
    const record = await daemon.store.start({ ...requestOf(options, interfaces, daemon.leaveOut), ...ends });
    console.log(`capturing on ${interfaces.join(', ')} with the ${options.engine} engine (capture ${record.id})`);
    return record;
  } catch (error) {
    const missing =
      error instanceof CaptureError && (error.code === 'no-permission' || error.code === 'engine-unavailable');
    if (!missing) throw error;
    console.error(`netglass: ${inWords(error)}`);
    const sample = await openSample(daemon.store);
    console.log(`not capturing; "${sample.name}" is there to look at (capture ${sample.id})`);
    return undefined;
  }
}

/** Gives the capture what other programs write to the key log. */
function keyLogWatch(
  { store }: Daemon,
  { keylog }: StartOptions,
  record: CaptureRecord | undefined,
): KeyLogWatch | undefined {
  if (keylog === undefined) return undefined;
  if (record === undefined) {
    console.error('netglass: --keylog is for the capture that starts here, and none does');
    return undefined;
  }
  const complain = (message: string): void => console.error(`\nnetglass: ${message}`);
  const add = async (lines: string): Promise<void> => {
    await store.addSecrets(record.id, lines);
  };
  return new KeyLogWatch(keylog, add, complain);
}

function requestOf(options: StartOptions, interfaces: readonly string[], leaveOut: string | undefined): LiveRequest {
  const { engine, filter, name, snapLength, buffer, promiscuous, ringBytes, ringSegments, ringSeconds } = options;
  const ring = defined({ bytes: ringBytes, segments: ringSegments, seconds: ringSeconds });
  const rest = defined({ captureFilter: filter, leaveOut, name, snapLength, bufferBytes: buffer });
  return { engine, interfaces, promiscuous, ring, ...rest };
}

/** Says when the capture's trigger has found its packet, and when the capture ends by itself. @returns what ends that */
function tellNews({ store }: Daemon, own: string): () => void {
  let told = false;
  const tellTrigger = (id: string): void => {
    const trigger = id === own ? store.get(id)?.trigger : undefined;
    if (told || trigger === undefined || trigger.packet === null) return;
    told = true;
    console.log(`\npacket ${trigger.packet} is the first that meets ${trigger.filter}`);
  };
  const tellEnd = (id: string): void => {
    const record = id === own ? store.get(id) : undefined;
    if (record === undefined) return;
    if (record.error !== undefined) console.error(`\nnetglass: the capture ended: ${record.error}`);
    else console.log(`\nthe capture has ended: ${countsText(record)}`);
  };
  store.on('progress', tellTrigger);
  store.on('ended', tellEnd);
  return () => {
    store.off('progress', tellTrigger);
    store.off('ended', tellEnd);
  };
}

/** Resolves at the first signal to stop; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
  });
}
