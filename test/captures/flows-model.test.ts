/** The flow table against a plain map with text keys, over random traffic. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FlowTable } from '../../decoders/conversations/flow-table.js';
import { TcpFlag } from '../../decoders/conversations/tcp-flags.js';
import { AddressFamily, Columns, PacketFlag } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';

interface Sent {
  readonly family: number;
  readonly transport: number;
  /** Small numbers, so that ends meet again. */
  readonly from: readonly [host: number, port: number];
  readonly to: readonly [host: number, port: number];
  readonly flags: number;
  /** TCP sequence number. */
  readonly sequence: number;
  readonly vlan: number;
  readonly time: number;
  readonly length: number;
}

interface Modelled {
  id: number;
  client: string;
  packets: [client: number, server: number];
  bytes: [client: number, server: number];
  flags: [client: number, server: number];
  /** Sequence numbers of the SYNs; -1: none was seen. */
  numbers: [client: number, server: number];
  firstTime: number;
  lastTime: number;
  firstPacket: number;
  lastPacket: number;
}

const PORTS = [0, 80, 443, 40000, 50000];

function isService(port: number): boolean {
  return port > 0 && port < 1024;
}

/** Flows by the two ends as text: what `FlowTable` is to do, without any cleverness. */
class Model {
  readonly flows: Modelled[] = [];
  private readonly open = new Map<string, Modelled>();

  track(sent: Sent, number: number): Modelled {
    const from = sent.from.join(':');
    const to = sent.to.join(':');
    const key = `${sent.family} ${sent.transport} ${sent.vlan} ${[from, to].sort().join(' ')}`;
    const known = this.open.get(key);
    const flow = known === undefined || this.isAnother(known, sent) ? this.begin(key, sent, number) : known;
    const side = from === flow.client ? 0 : 1;
    flow.packets[side]++;
    flow.bytes[side] += sent.length;
    flow.flags[side] |= sent.flags;
    if ((sent.flags & TcpFlag.syn) !== 0) flow.numbers[side] = sent.sequence;
    if (!(sent.time >= flow.firstTime)) flow.firstTime = Number.isNaN(sent.time) ? flow.firstTime : sent.time;
    if (!(sent.time <= flow.lastTime)) flow.lastTime = Number.isNaN(sent.time) ? flow.lastTime : sent.time;
    flow.lastPacket = number;
    return flow;
  }

  private isAnother({ client, flags, numbers, packets, lastTime }: Modelled, sent: Sent): boolean {
    const silence = sent.time - lastTime;
    if (sent.transport === 17) return silence > 60e9;
    const closing = ((flags[0] | flags[1]) & (TcpFlag.fin | TcpFlag.rst)) !== 0;
    if ((sent.flags & TcpFlag.syn) === 0) return closing && silence > 300e9;
    const side = sent.from.join(':') === client ? 0 : 1;
    const answers = (sent.flags & TcpFlag.ack) !== 0;
    if (numbers[side] >= 0) return numbers[side] !== sent.sequence && (!answers || closing || packets[1 - side] === 0);
    return packets[side] === 0 || answers ? closing : true;
  }

  private begin(key: string, { from, to, flags }: Sent, number: number): Modelled {
    const answers = (flags & TcpFlag.syn) !== 0 ? (flags & TcpFlag.ack) !== 0 : isService(from[1]) && !isService(to[1]);
    const flow: Modelled = {
      id: this.flows.length + 1,
      client: (answers ? to : from).join(':'),
      packets: [0, 0],
      bytes: [0, 0],
      flags: [0, 0],
      numbers: [-1, -1],
      firstTime: Number.NaN,
      lastTime: Number.NaN,
      firstPacket: number,
      lastPacket: number,
    };
    this.flows.push(flow);
    this.open.set(key, flow);
    return flow;
  }
}

/** The rows as `summarizePacket` would leave them, over a view that holds the TCP control bits only. */
function fill(columns: Columns, batch: readonly Sent[]): DataView {
  const view = new DataView(new ArrayBuffer(batch.length * 20));
  batch.forEach((sent, row) => {
    columns.addressFamily[row] = sent.family;
    columns.source.set([sent.from[0], 0, 0xffffffff, sent.from[0] << 31], row * 4);
    columns.destination.set([sent.to[0], 0, 0xffffffff, sent.to[0] << 31], row * 4);
    columns.sourcePort[row] = sent.from[1];
    columns.destinationPort[row] = sent.to[1];
    columns.transport[row] = sent.transport;
    columns.transportOffset[row] = sent.transport === 6 ? row * 20 : -1;
    columns.time[row] = sent.time;
    columns.length[row] = sent.length;
    columns.flags[row] = 0;
    columns.protocol[row] = 0;
    columns.vlan[row] = sent.vlan;
    columns.networkOffset[row] = -1;
    view.setUint32(row * 20 + 4, sent.sequence);
    view.setUint8(row * 20 + 13, sent.flags);
  });
  columns.rows = batch.length;
  return view;
}

type Stored = Omit<Modelled, 'numbers'>;

function stored(table: FlowTable): Map<number, Stored> {
  const flows = new Map<number, Stored>();
  table.drain((at, entries) => {
    flows.set(entries.id[at], {
      id: entries.id[at],
      client: `${entries.client[at * 4]}:${entries.clientPort[at]}`,
      packets: [entries.clientPackets[at], entries.serverPackets[at]],
      bytes: [entries.clientBytes[at], entries.serverBytes[at]],
      flags: [entries.clientFlags[at], entries.serverFlags[at]],
      firstTime: entries.firstTime[at],
      lastTime: entries.lastTime[at],
      firstPacket: entries.firstPacket[at],
      lastPacket: entries.lastPacket[at],
    });
  });
  return flows;
}

const end = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(...PORTS));
const sent: fc.Arbitrary<Sent> = fc
  .record({
    family: fc.constantFrom(AddressFamily.ipv4, AddressFamily.ipv6),
    transport: fc.constantFrom(6, 6, 6, 17),
    from: end,
    to: end,
    flags: fc.constantFrom(0, 1, 2, 4, 16, 17, 18, 20),
    sequence: fc.constantFrom(7, 7, 4_000_000_000),
    vlan: fc.constantFrom(0, 0, 0, 5, 5 + 6 * 4096),
    time: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: -1000, max: 1e6 }) },
      { weight: 1, arbitrary: fc.constantFrom(61e9, 122e9, 301e9, 640e9) },
      { weight: 1, arbitrary: fc.constant(Number.NaN) },
    ),
    length: fc.integer({ min: 0, max: 65535 }),
  })
  .map((one) => (one.transport === 6 ? one : { ...one, flags: 0 }));

function* batches(all: readonly Sent[], size: number): Generator<readonly [readonly Sent[], number]> {
  for (let at = 0; at < all.length; at += size) yield [all.slice(at, at + size), at + 1];
}

function check(all: readonly Sent[], size: number, afterBatch: (table: FlowTable) => FlowTable): void {
  const model = new Model();
  const columns = new Columns(256);
  let table = new FlowTable(registry);
  const flows = new Map<number, Stored>();
  for (const [batch, firstNumber] of batches(all, size)) {
    table.track(columns, fill(columns, batch), firstNumber);
    batch.forEach((one, row) => {
      const flow = model.track(one, firstNumber + row);
      expect(columns.flow[row]).toBe(flow.id);
      const fromServer = (columns.flags[row] & PacketFlag.fromServer) !== 0;
      expect(fromServer).toBe(one.from.join(':') !== flow.client);
    });
    for (const [id, flow] of stored(table)) flows.set(id, flow);
    table = afterBatch(table);
  }
  const modelled = model.flows.map(({ numbers: _, ...flow }) => flow);
  expect([...flows.values()].sort((a, b) => a.id - b.id)).toEqual(modelled);
}

describe('against the model', () => {
  test('ids, directions, ends, counts, times and reused ports are equal', () => {
    const property = fc.property(fc.array(sent, { maxLength: 300 }), fc.integer({ min: 1, max: 256 }), (all, size) =>
      check(all, size, (table) => table),
    );
    fc.assert(property, { numRuns: 150 });
  });

  test('a table restored between any two batches goes on as one that was never interrupted', () => {
    const property = fc.property(fc.array(sent, { maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (all, size) =>
      check(all, size, restarted),
    );
    fc.assert(property, { numRuns: 100 });
  });
});

/** What the index does at a restart: every flow's numbers are put into a new table, in the order of their ids. */
function restarted(table: FlowTable): FlowTable {
  const next = new FlowTable(registry);
  for (let from = 0; from < table.size; from++)
    next.restore((to, entries) => {
      for (const name of Object.keys(entries) as (keyof typeof entries)[]) {
        const target = entries[name];
        const source = table.entries[name];
        if (typeof target !== 'object' || typeof source !== 'object') continue;
        const width = target.length / entries.capacity;
        for (let i = 0; i < width; i++) target[to * width + i] = source[from * width + i];
      }
    });
  return next;
}

test('at the maximum the flows that are idle longest leave; the others go on, and numbering never starts again', () => {
  const columns = new Columns(100);
  const table = new FlowTable(registry, 1000);
  const flow = (host: number): Sent => ({
    family: AddressFamily.ipv4,
    transport: 17,
    from: [host, 5000],
    to: [1, 5001],
    flags: 0,
    sequence: 0,
    vlan: 0,
    time: 0,
    length: 100,
  });
  let number = 1;
  const send = (hosts: readonly number[]): number[] => {
    if (table.isFull(hosts.length)) {
      table.drain(() => undefined);
      table.evict();
    }
    table.track(columns, fill(columns, hosts.map(flow)), number);
    number += hosts.length;
    return [...columns.flow.subarray(0, hosts.length)];
  };
  for (let round = 0; round < 300; round++) {
    const [faithful] = send([7, ...Array.from({ length: 99 }, (_, i) => 100 + round * 99 + i)]);
    expect(faithful).toBe(1);
    expect(table.size).toBeLessThanOrEqual(1000);
  }
  expect(table.nextId).toBe(2 + 300 * 99);
  expect(send([100])[0]).toBe(2 + 300 * 99);
});

test('connections that both ends speak in outlast a flood of attempts', () => {
  const columns = new Columns(100);
  const table = new FlowTable(registry, 1000);
  const segment = (host: number, flags: number, back = false): Sent => ({
    family: AddressFamily.ipv4,
    transport: 6,
    from: back ? [1, 80] : [host, 5000],
    to: back ? [host, 5000] : [1, 80],
    flags,
    sequence: 7,
    vlan: 0,
    time: 0,
    length: 60,
  });
  let number = 1;
  const send = (batch: readonly Sent[]): number => {
    if (table.isFull(batch.length)) {
      table.drain(() => undefined);
      table.evict();
    }
    table.track(columns, fill(columns, batch), number);
    number += batch.length;
    return columns.flow[0];
  };
  const { syn, ack } = TcpFlag;
  expect(send([segment(7, syn), segment(7, syn | ack, true), segment(7, ack)])).toBe(1);
  for (let round = 0; round < 300; round++)
    send(Array.from({ length: 100 }, (_, index) => segment(100 + round * 100 + index, syn)));
  expect(table.size).toBeLessThanOrEqual(1000);
  expect(send([segment(7, ack)])).toBe(1);
});

test('a flood of connections from two million random addresses takes bounded memory', () => {
  const columns = new Columns();
  const table = new FlowTable(registry);
  const view = new DataView(new ArrayBuffer(20));
  view.setUint8(13, TcpFlag.syn);
  columns.rows = columns.capacity;
  columns.addressFamily.fill(AddressFamily.ipv4);
  columns.transport.fill(6);
  columns.transportOffset.fill(0);
  columns.destinationPort.fill(80);
  let drained = 0;
  let state = 1;
  const rounds = Math.ceil(2_000_000 / columns.capacity);
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < rounds; round++) {
    for (let row = 0; row < columns.rows; row++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      columns.source[row * 4] = state;
      columns.sourcePort[row] = state >>> 7;
    }
    if (table.isFull(columns.rows)) {
      table.drain(() => {
        drained++;
      });
      table.evict();
    }
    table.track(columns, view, round * columns.rows + 1);
    expect(table.size).toBeLessThanOrEqual(400_000);
  }
  table.drain(() => {
    drained++;
  });
  expect(drained).toBe(table.nextId - 1);
  expect(table.nextId).toBeGreaterThan(1_990_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(300 << 20);
}, 90_000);
