/**
 * What the machine's own resolver calls addresses (PTR records, RFC 1035 section 3.5; the hosts file first). Asking makes
 * traffic, and tells the resolver what is being looked at: nobody asks unless the user wants it.
 */

import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Addresses that are remembered; those asked for longest ago go first. */
const REMEMBERED = 10_000;
/** Milliseconds for which an answer, or that there was none, is believed. */
const FRESH = 600_000;
const FRESH_FAILURE = 60_000;
/** Questions that are with the resolver at once. */
const AT_ONCE = 16;
/** Milliseconds that one question may take, and how often it is sent. */
const TIMEOUT = 1500;
const TRIES = 2;
/** Milliseconds for which a whole batch is waited for. */
const PATIENCE = 2000;

interface Remembered {
  readonly names: readonly string[];
  readonly until: number;
}

export class SystemResolver {
  private readonly resolver = new Resolver({ timeout: TIMEOUT, tries: TRIES });
  private readonly remembered = new Map<string, Remembered>();
  private readonly asked = new Map<string, Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private closed = false;

  /** @param servers other than the system's, such as `127.0.0.1:5353` */
  constructor(servers?: readonly string[]) {
    if (servers !== undefined) this.resolver.setServers(servers);
  }

  /**
   * The names of IPv4 and IPv6 addresses, each at least once for an address that has one. Waits two seconds at most:
   * `pending` is how many addresses are not answered by then, and whoever asks again finds more of them.
   *
   * @param addresses at most 1000 are asked for at once; anything that is no address of one machine has no names
   */
  async names(addresses: readonly string[]): Promise<{ names: Map<string, readonly string[]>; pending: number }> {
    const wanted = [...new Set(addresses)].filter(isOfOneMachine);
    const missing = wanted.filter((address) => this.known(address) === undefined);
    const answers = Promise.all(missing.slice(0, 1000).map((address) => this.ask(address)));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE);
    });
    await Promise.race([answers, patience]);
    clearTimeout(timer);
    const names = new Map<string, readonly string[]>();
    let pending = 0;
    for (const address of wanted) {
      const found = this.known(address);
      if (found === undefined) pending++;
      else if (found.length > 0) names.set(address, found);
    }
    return { names, pending };
  }

  /** Gives up what is being asked. */
  close(): void {
    this.closed = true;
    this.resolver.cancel();
    for (const go of this.waiting.splice(0)) go();
  }

  private known(address: string): readonly string[] | undefined {
    const found = this.remembered.get(address);
    return found === undefined || found.until < performance.now() ? undefined : found.names;
  }

  private ask(address: string): Promise<void> {
    let asking = this.asked.get(address);
    if (asking === undefined) {
      // Whoever asks for very many addresses at once gets the rest when they ask again.
      if (this.asked.size >= REMEMBERED) return Promise.resolve();
      asking = this.resolve(address).finally(() => this.asked.delete(address));
      this.asked.set(address, asking);
    }
    return asking;
  }

  private async resolve(address: string): Promise<void> {
    if (this.running >= AT_ONCE) await new Promise<void>((go) => this.waiting.push(go));
    if (this.closed) return;
    this.running++;
    let names: readonly string[] = [];
    let fresh = FRESH_FAILURE;
    try {
      names = await this.resolver.reverse(address);
      fresh = FRESH;
    } catch {
      // No such name, or no resolver that answers: either way there is none to show, and it is asked again in a minute.
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
    this.remembered.delete(address);
    this.remembered.set(address, { names, until: performance.now() + fresh });
    if (this.remembered.size > REMEMBERED)
      for (const oldest of this.remembered.keys()) {
        this.remembered.delete(oldest);
        break;
      }
  }
}

/** Whether a text is an address that belongs to one machine: no group, no broadcast, not the unspecified one. */
function isOfOneMachine(text: string): boolean {
  const version = isIP(text);
  if (version === 4) {
    const first = Number(text.slice(0, text.indexOf('.')));
    return first > 0 && first < 224;
  }
  return version === 6 && !text.includes('%') && text !== '::' && !/^ff/i.test(text);
}
