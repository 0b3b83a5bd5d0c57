/** Has the programs of a live capture's flows found, and takes them to the index: the indexer's side of it. */

import type { MessagePort } from 'node:worker_threads';
import type { FlowEntries } from '../../decoders/conversations/flow-entries.js';
import { TcpFlag } from '../../decoders/conversations/tcp-flags.js';
import { AddressFamily } from '../../decoders/core/index.js';
import { addressKey, isLoopback4 } from '../programs/addresses.js';
import type { AskFlowsMessage, FlowPrograms, FlowQuestion, WatcherMessage } from '../programs/messages.js';

/** Questions that may wait for the watcher; of a flood of flows, the later ones stay without an answer. */
const MAXIMUM_WAITING = 2000;

/** IP protocols whose sockets the kernel tells of. */
const TCP = 6;
const UDP = 17;
const UDPLITE = 136;
const ICMP = 1;
const ICMPV6 = 58;

export class FlowProgramAsker {
  private own: ReadonlySet<string> = new Set();
  private waiting: FlowQuestion[] = [];
  /** Questions that were sent and not yet taken. */
  private sent = 0;
  private idle: (() => void) | undefined;

  /** @param found hears who holds the sockets of some flows */
  constructor(
    private readonly port: MessagePort,
    found: (found: readonly FlowPrograms[]) => void,
  ) {
    port.on('message', (message: WatcherMessage) => {
      if (message.type === 'found') found(message.found);
      else if (message.type === 'addresses') this.own = new Set(message.addresses);
      else {
        this.sent = 0;
        this.send();
      }
    });
    // The recorder's port is what keeps the thread: one that closed before anybody listened to it says nothing more.
    port.unref();
    // Without a watcher nobody takes any more, and nobody is to wait for it.
    port.on('close', () => {
      this.waiting = [];
      this.sent = 0;
      this.idle?.();
    });
  }

  /**
   * Asks for new flows: the entries `from` … `to - 1`.
   *
   * @param base milliseconds since 1970 of relative time 0
   */
  ask(entries: FlowEntries, from: number, to: number, base: number): void {
    for (let entry = from; entry < to && this.waiting.length < MAXIMUM_WAITING; entry++) {
      const question = this.questionOf(entries, entry, base);
      if (question !== undefined) this.waiting.push(question);
    }
    if (this.sent === 0) this.send();
  }

  /** Resolves when everything that was asked has been looked at once, after `milliseconds` at the latest. */
  settled(milliseconds: number): Promise<void> {
    if (this.sent === 0 && this.waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.port.close();
  }

  private send(): void {
    const { waiting } = this;
    if (waiting.length === 0) {
      this.idle?.();
      return;
    }
    this.sent = waiting.length;
    this.waiting = [];
    this.port.postMessage({ type: 'flows', flows: waiting } satisfies AskFlowsMessage);
  }

  private questionOf(entries: FlowEntries, entry: number, base: number): FlowQuestion | undefined {
    const transport = entries.transport[entry];
    const isPing = transport === ICMP || transport === ICMPV6;
    if (transport !== TCP && transport !== UDP && transport !== UDPLITE && !isPing) return undefined;
    const clientPort = entries.clientPort[entry];
    const serverPort = entries.serverPort[entry];
    if (clientPort === 0) return undefined;
    const family = entries.family[entry];
    const client = keyOf(family, entries.client, entry);
    const server = keyOf(family, entries.server, entry);
    const clientHere = this.isOwn(client);
    // Echoes are answered by the kernel itself.
    const serverHere = !isPing && this.isOwn(server);
    if (!clientHere && !serverHere) return undefined;
    const relative = entries.firstTime[entry];
    const time = Number.isNaN(relative) ? Date.now() : base + relative / 1e6;
    const opens = transport === TCP && (entries.clientFlags[entry] & TcpFlag.syn) !== 0;
    const flow = entries.id[entry];
    const packet = entries.firstPacket[entry];
    return { flow, packet, transport, client, server, clientPort, serverPort, clientHere, serverHere, time, opens };
  }

  private isOwn(key: string): boolean {
    return this.own.has(key) || isLoopback4(key);
  }
}

function keyOf(family: number, words: Uint32Array, entry: number): string {
  const at = entry * 4;
  return addressKey(family === AddressFamily.ipv4 ? 4 : 6, words[at], words[at + 1], words[at + 2], words[at + 3]);
}
