/** A network of two: a veth interface here and its peer in a namespace of its own. Needs root and iproute2. */

import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { atEnd } from './clean-up.js';

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Why there can be no namespaces here, or undefined. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  return process.getuid?.() === 0 ? undefined : 'it needs root (sudo npm run bench)';
}

let counter = 0;

/** A namespace with nothing but loopback. */
export class Namespace {
  readonly name: string;
  readonly remove: () => void;

  constructor() {
    counter++;
    this.name = `netglass-bench-${process.pid}-${counter}`;
    ip('netns', 'add', this.name);
    this.remove = atEnd(() => execFileSync('ip', ['netns', 'del', this.name], { stdio: 'ignore' }));
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
  }

  /** A command that runs in it. */
  command(...command: string[]): string[] {
    return ['ip', 'netns', 'exec', this.name, ...command];
  }
}

/** Two veth interfaces without IPv6, so that the system sends nothing of its own and every packet is the sender's. */
export class Pair {
  readonly namespace = new Namespace();
  /** Here. */
  readonly host = `ngb${process.pid}h`;
  /** In the namespace. */
  readonly peer = `ngb${process.pid}p`;

  constructor() {
    ip('link', 'add', this.host, 'type', 'veth', 'peer', 'name', this.peer, 'netns', this.namespace.name);
    const file = (name: string) => `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
    if (existsSync(file(this.host))) {
      writeFileSync(file(this.host), '1');
      const [program, ...args] = this.namespace.command('sh', '-c', `echo 1 > ${file(this.peer)}`);
      execFileSync(program, args, { stdio: 'pipe' });
    }
    ip('link', 'set', this.host, 'up');
    ip('-n', this.namespace.name, 'link', 'set', this.peer, 'up');
  }

  /** Both interfaces go with the namespace. */
  remove(): void {
    this.namespace.remove();
  }
}
