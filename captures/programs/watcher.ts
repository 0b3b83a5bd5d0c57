/**
 * Finds the programs behind flows: looks at the machine's sockets once a second, and at once when a new flow with an end on
 * this machine was seen. All of it together stays within a fixed share of a core: with many sockets, or under a flood of
 * flows, looks become rarer instead of dearer.
 */

import { ownAddresses } from './addresses.js';
import { Budget, threadTime } from './budget.js';
import { findHolders } from './holders.js';
import { kernelSockets, type NativeSockets, TCP } from './kernel-sockets.js';
import type { FlowPrograms, FlowQuestion, Program, SocketList, WatcherMessage } from './messages.js';
import { isAlive, ProgramInfo } from './program-info.js';
import { listOf } from './socket-list.js';
import { type End, isConnected, type Socket, SocketTable } from './socket-table.js';

/** Milliseconds between looks when nothing happens, and while sockets come and go. */
const INTERVAL = 1000;
const BUSY_INTERVAL = 300;
/** Milliseconds between looks because of new flows, at least; and what one may cost of the time between two. */
const SHORTEST_GAP = 50;
const BUSY_SHARE = 0.1;
/** Milliseconds after a look that did not answer everything. */
const RETRY = 150;
/** Share of a core, and milliseconds that may be saved up for a burst of new connections. */
const SHARE = 0.018;
const BURST = 600;
/** Milliseconds after which a flow's program stays unknown. */
const PATIENCE = 5000;
const MAXIMUM_PENDING = 20_000;
/** Milliseconds between looks for a socket that nobody seems to have, at most. */
const RAREST_LOOK = 60_000;
/** Milliseconds for which a look is good enough for a list. */
const FRESH = 200;

/** A flow of which not all ends are known yet. */
interface Pending {
  readonly capture: string;
  readonly question: FlowQuestion;
  /** `performance.now()` when it was asked. */
  readonly asked: number;
  client: boolean;
  server: boolean;
  looks: number;
}

export class Watcher {
  private readonly table = new SocketTable();
  private readonly info = new ProgramInfo();
  private readonly budget = new Budget(SHARE, BURST);
  private readonly captures = new Map<string, (message: WatcherMessage) => void>();
  private pending: Pending[] = [];
  private addresses = '';
  private denied = 0;
  /** `performance.now()` of the last look, and milliseconds of a processor that it took. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  private cost = 0;
  /** Sockets that were new at the last look. */
  private fresh = 0;
  private timer: NodeJS.Timeout | undefined;
  private due = Number.POSITIVE_INFINITY;

  /** @param native undefined where the addon is not built */
  constructor(private readonly native: NativeSockets | undefined) {}

  /** Watches for a capture that has begun. */
  open(capture: string, tell: (message: WatcherMessage) => void): void {
    this.captures.set(capture, tell);
    this.addresses = ownAddresses().join(' ');
    tell({ type: 'addresses', addresses: this.addresses.split(' ') });
    this.wakeIn(0);
  }

  /** The capture has ended. */
  close(capture: string): void {
    this.captures.delete(capture);
    this.pending = this.pending.filter((one) => one.capture !== capture);
    for (const socket of this.table.sockets) socket.flows?.delete(capture);
    if (this.captures.size === 0) this.stop();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.due = Number.POSITIVE_INFINITY;
  }

  /** Takes new flows of a capture; what is known of them is told at once, the rest within `PATIENCE`. */
  ask(capture: string, flows: readonly FlowQuestion[]): void {
    const asked = performance.now();
    const fresh = flows.map(
      (question): Pending => ({
        capture,
        question,
        asked,
        client: !question.clientHere,
        server: !question.serverHere,
        looks: 0,
      }),
    );
    const open = this.answer(fresh);
    this.pending.push(...open);
    if (this.pending.length > MAXIMUM_PENDING) this.pending.splice(0, this.pending.length - MAXIMUM_PENDING);
    if (open.length > 0) this.wakeIn(this.gap);
    // Whoever asks faster than can be answered has to wait: that is what bounds the cost of a flood.
    setTimeout(() => this.captures.get(capture)?.({ type: 'taken' }), this.budget.wait);
  }

  /** All sockets as they are now. */
  sockets(): SocketList {
    if (performance.now() - this.lookedAt > FRESH) {
      this.checkHolders();
      this.look();
    }
    const sockets = listOf(this.table.sockets, (uid) => this.info.user(uid), [...this.captures.keys()]);
    return { sockets, hiddenProcesses: this.denied };
  }

  /** Milliseconds until the next look because of a new flow. */
  private get gap(): number {
    const gap = Math.max(SHORTEST_GAP, this.cost / BUSY_SHARE);
    return Math.max(0, this.lookedAt + gap - performance.now());
  }

  private wakeIn(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (at >= this.due) return;
    this.due = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.work(), milliseconds);
  }

  private work(): void {
    this.due = Number.POSITIVE_INFINITY;
    const { wait } = this.budget;
    if (wait > 0) {
      this.wakeIn(wait);
      return;
    }
    this.tellAddresses();
    this.look();
    if (this.captures.size === 0) return;
    const retry = this.pending.some((one) => one.looks < 3);
    const next = retry ? RETRY : this.fresh > 0 ? BUSY_INTERVAL : INTERVAL;
    this.wakeIn(Math.max(this.budget.wait, next));
  }

  private tellAddresses(): void {
    const addresses = ownAddresses();
    const text = addresses.join(' ');
    if (text === this.addresses) return;
    this.addresses = text;
    for (const tell of this.captures.values()) tell({ type: 'addresses', addresses });
  }

  /** Looks at the sockets, at the holders of those where it is due, and at what is still asked. */
  private look(): void {
    const now = Date.now();
    const before = threadTime();
    this.fresh = this.table.update(kernelSockets(this.native), now);
    const due = this.table.sockets.filter(({ inode, nextLook }) => inode !== 0 && nextLook <= now);
    if (due.length > 0) this.lookForHolders(due, now);
    this.lookedAt = performance.now();
    this.cost = threadTime() - before;
    const tooOld = this.lookedAt - PATIENCE;
    for (const one of this.pending) one.looks++;
    this.pending = this.answer(this.pending).filter(({ asked }) => asked > tooOld);
  }

  private lookForHolders(due: readonly Socket[], now: number): void {
    const { pids, denied } = findHolders(
      this.native,
      due.map(({ inode }) => inode),
    );
    this.denied = denied;
    const changed = new Map<string, FlowPrograms[]>();
    for (const socket of due) {
      const programs = (pids.get(socket.inode) ?? [])
        .map((pid) => this.info.of(pid, now))
        .filter((program) => program !== undefined);
      if (programs.length === 0) {
        socket.nextLook = now + Math.min(RAREST_LOOK, INTERVAL * 4 ** socket.misses);
        socket.misses++;
        continue;
      }
      // Once more a moment later: a server that leaves the connection to a child has it for an instant itself.
      socket.looks++;
      socket.nextLook = socket.looks < 2 ? now + INTERVAL : Number.POSITIVE_INFINITY;
      if (sameProcesses(socket.programs, programs)) continue;
      socket.programs = programs;
      for (const [capture, flow] of socket.flows ?? []) tellLater(changed, capture, { ...flow, programs });
    }
    this.tell(changed);
  }

  /** Answers what can be answered. @returns the others */
  private answer(flows: readonly Pending[]): Pending[] {
    const answers = new Map<string, FlowPrograms[]>();
    const open = flows.filter((one) => {
      one.client ||= this.answerEnd(one, 'client', answers);
      one.server ||= this.answerEnd(one, 'server', answers);
      return !(one.client && one.server);
    });
    this.tell(answers);
    return open;
  }

  private answerEnd(one: Pending, end: 'client' | 'server', answers: Map<string, FlowPrograms[]>): boolean {
    const { capture, question, looks } = one;
    const { flow, packet, time } = question;
    const sockets = this.table.find(endOf(question, end), looks > 1);
    const [first] = sockets;
    if (first === undefined) return false;
    // Before a look since the flow began, an older socket may be what had the port before.
    if (looks === 0 && first.lastSeen < time) return false;
    const programs = unionOf(sockets);
    if (programs.length === 0) return false;
    // A listening socket only explains who accepted; the connection had a socket of its own.
    if (sockets.length === 1 && (first.protocol !== TCP || isConnected(first))) {
      first.flows ??= new Map();
      first.flows.set(capture, { flow, packet, end });
    }
    tellLater(answers, capture, { flow, packet, end, programs });
    return true;
  }

  private tell(answers: ReadonlyMap<string, FlowPrograms[]>): void {
    for (const [capture, found] of answers) this.captures.get(capture)?.({ type: 'found', found });
  }

  /** Has the holders of sockets looked for again whose processes have ended. */
  private checkHolders(): void {
    const ended = new Set<Program>();
    const programs = new Set(this.table.sockets.flatMap((socket) => socket.programs));
    for (const program of programs) if (!isAlive(program)) ended.add(program);
    if (ended.size === 0) return;
    for (const socket of this.table.sockets)
      if (socket.programs.some((program) => ended.has(program)))
        Object.assign(socket, { programs: [], looks: 0, misses: 0, nextLook: 0 });
  }
}

function endOf(question: FlowQuestion, end: 'client' | 'server'): End {
  const { transport: protocol, client, server, clientPort, serverPort, time, opens } = question;
  return end === 'client'
    ? { protocol, local: client, localPort: clientPort, remote: server, remotePort: serverPort, time, opens }
    : { protocol, local: server, localPort: serverPort, remote: client, remotePort: clientPort, time, opens };
}

function unionOf(sockets: readonly Socket[]): readonly Program[] {
  if (sockets.length === 1) return sockets[0].programs;
  // Of several that share the port, only all together are no guess.
  if (sockets.some(({ programs }) => programs.length === 0)) return [];
  return [...new Set(sockets.flatMap(({ programs }) => programs))];
}

function sameProcesses(a: readonly Program[], b: readonly Program[]): boolean {
  return a.length === b.length && a.every((program, index) => program === b[index]);
}

function tellLater(answers: Map<string, FlowPrograms[]>, capture: string, found: FlowPrograms): void {
  const others = answers.get(capture);
  if (others === undefined) answers.set(capture, [found]);
  else others.push(found);
}
