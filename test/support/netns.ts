/**
 * Network namespaces for tests on real traffic. A pair is two veth interfaces: one in this namespace, where the test
 * captures, and one in a namespace of its own, where its traffic comes from. Needs root and iproute2.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

/** Why tests with namespaces cannot run here, or undefined when they can. */
export const namespacesMissing: string | undefined = reasonAgainst();

function reasonAgainst(): string | undefined {
  if (process.platform !== 'linux') {
    return 'needs Linux';
  }
  if (process.getuid?.() !== 0) {
    return 'needs root';
  }
  try {
    execFileSync('ip', ['-Version'], { stdio: 'ignore' });
  } catch {
    return 'needs iproute2';
  }
  return undefined;
}

export interface Pair {
  /** The interface in this namespace. */
  readonly host: string;
  /** The interface in the namespace. */
  readonly peer: string;
  readonly namespace: string;
  /** Addresses of a /30 of 198.19.0.0/16 (RFC 2544: benchmarks), and of a /126 of fd00:198:19::/48. */
  readonly hostAddress: string;
  readonly peerAddress: string;
  readonly hostAddress6: string;
  readonly peerAddress6: string;
  /** Runs a program in the namespace and resolves to its standard output. Rejects when it fails. */
  run(command: string, ...args: string[]): Promise<string>;
  /** Starts a program in the namespace. */
  spawn(command: string, ...args: string[]): ChildProcess;
  /** Sends `count` UDP datagrams with `payload` and a number from the namespace to `hostAddress`:`port`. */
  sendToHost(count: number, port: number, payload?: string): Promise<void>;
  /** Deletes both interfaces, as if the card were pulled out. */
  unplug(): void;
  /** Makes them again, with the same names and addresses. */
  plug(): void;
  /** Removes everything. */
  close(): void;
}

const open = new Set<Pair>();
let counter = 0;
// A test that throws, or a Ctrl-C, must not leave interfaces behind.
process.on('exit', () => {
  for (const pair of open) {
    pair.close();
  }
});

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Makes a pair; names and addresses are this process's own. @param options.ipv6 false keeps IPv6's own packets away. */
export function createPair(options: { ipv6?: boolean } = {}): Pair {
  counter += 1;
  const own = `${process.pid.toString(36)}${counter.toString(36)}`;
  const subnet = (process.pid * 16 + counter) % 16384;
  const pair = new VethPair(own, subnet, options.ipv6 ?? false);
  open.add(pair);
  try {
    pair.create();
  } catch (error) {
    pair.close();
    throw error;
  }
  return pair;
}

class VethPair implements Pair {
  readonly host: string;
  readonly peer: string;
  readonly namespace: string;
  readonly hostAddress: string;
  readonly peerAddress: string;
  readonly hostAddress6: string;
  readonly peerAddress6: string;

  constructor(
    own: string,
    subnet: number,
    private readonly ipv6: boolean,
  ) {
    this.host = `ngh${own}`;
    this.peer = `ngp${own}`;
    this.namespace = `netglass-test-${own}`;
    const base = subnet * 4;
    const address = (last: number) => `198.19.${base >> 8}.${(base & 255) + last}`;
    const address6 = (last: number) => `fd00:198:19:${subnet.toString(16)}::${last}`;
    this.hostAddress = address(1);
    this.peerAddress = address(2);
    this.hostAddress6 = address6(1);
    this.peerAddress6 = address6(2);
  }

  create(): void {
    ip('netns', 'add', this.namespace);
    ip('-n', this.namespace, 'link', 'set', 'lo', 'up');
    this.plug();
  }

  plug(): void {
    ip('link', 'add', this.host, 'type', 'veth', 'peer', 'name', this.peer, 'netns', this.namespace);
    if (this.ipv6) {
      ip('addr', 'add', `${this.hostAddress6}/126`, 'dev', this.host, 'nodad');
      ip('-n', this.namespace, 'addr', 'add', `${this.peerAddress6}/126`, 'dev', this.peer, 'nodad');
    } else {
      this.disableIpv6();
    }
    ip('addr', 'add', `${this.hostAddress}/30`, 'dev', this.host);
    ip('-n', this.namespace, 'addr', 'add', `${this.peerAddress}/30`, 'dev', this.peer);
    ip('link', 'set', this.host, 'up');
    ip('-n', this.namespace, 'link', 'set', this.peer, 'up');
  }

  private disableIpv6(): void {
    const file = (name: string) => `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
    if (existsSync(file(this.host))) {
      writeFileSync(file(this.host), '1');
      const inside = `echo 1 > ${file(this.peer)}`;
      execFileSync('ip', ['netns', 'exec', this.namespace, 'sh', '-c', inside], { stdio: 'ignore' });
    }
  }

  unplug(): void {
    ip('link', 'del', this.host);
  }

  run(command: string, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile('ip', ['netns', 'exec', this.namespace, command, ...args], (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else {
          reject(new Error(`${command} ${args.join(' ')}: ${stderr.trim() || error.message}`));
        }
      });
    });
  }

  spawn(command: string, ...args: string[]): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.namespace, command, ...args], { stdio: 'ignore' });
  }

  async sendToHost(count: number, port: number, payload = 'netglass'): Promise<void> {
    // One printf is one write, and so one datagram. A socket each: one that is told "port unreachable" sends no more.
    const script = 'for i in $(seq "$3"); do printf "%s %d" "$4" "$i" >"/dev/udp/$1/$2"; done';
    await this.run('bash', '-c', script, 'send', this.hostAddress, String(port), String(count), payload);
  }

  close(): void {
    open.delete(this);
    for (const args of [
      ['link', 'del', this.host],
      ['netns', 'del', this.namespace],
    ]) {
      try {
        ip(...args);
      } catch {
        // Not there (any more): which is what is wanted.
      }
    }
  }
}
