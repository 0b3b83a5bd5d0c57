/** What every engine behind `IndexWriter` has to do. A second engine is a second line in `ENGINES`. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { IndexWriter } from '../../captures/index/capture-index.js';
import { packetRows } from '../../captures/index/packet-rows.js';
import { SCHEMA } from '../../captures/index/schema.js';
import { openIndexWriter } from '../../captures/index/sqlite-writer.js';
import { FlowTable } from '../../decoders/conversations/flow-table.js';
import { AddressFamily, Columns, PacketFlag } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';

afterAll(removeFolders);

type Row = Record<string, unknown>;

interface Engine {
  open(file: string): IndexWriter;
  /** A table's rows as any reader sees them now, integers exact. */
  read(file: string, sql: string): Row[];
}

const ENGINES: Readonly<Record<string, Engine>> = {
  sqlite: {
    open: openIndexWriter,
    read(file, sql) {
      const db = new Database(file, { readonly: true });
      try {
        return db.prepare(sql).safeIntegers(true).all() as Row[];
      } finally {
        db.close();
      }
    },
  },
};

const UDP = registry.idOf('udp');

interface Line {
  readonly time?: number;
  readonly host?: number;
  readonly length?: number;
  readonly flags?: number;
}

/** Rows of datagrams from 10.0.0.`host` port 5000 to 10.0.0.1 port 53; host 0: a packet without addresses. */
function batch(lines: readonly Line[]): Columns {
  const columns = new Columns(Math.max(1, lines.length));
  lines.forEach(({ time = 0, host = 2, length = 100, flags = 0 }, row) => {
    columns.time[row] = time;
    columns.length[row] = length;
    columns.captured[row] = Math.min(length, 96);
    columns.offset[row] = 1000 + row * 100;
    columns.interface[row] = 0;
    columns.protocol[row] = UDP;
    columns.flags[row] = flags;
    columns.addressFamily[row] = host === 0 ? AddressFamily.none : AddressFamily.ipv4;
    columns.source[row * 4] = 0x0a000000 + host;
    columns.destination[row * 4] = 0x0a000001;
    columns.sourcePort[row] = 5000;
    columns.destinationPort[row] = 53;
    // Without ports' time-outs: what is silent for long is the same flow.
    columns.transport[row] = 132;
    columns.transportOffset[row] = -1;
  });
  columns.rows = lines.length;
  return columns;
}

const view = new DataView(new ArrayBuffer(64));

/** An index with its flow table, as the log indexer drives it. */
class Driver {
  readonly flows = new FlowTable(registry);
  readonly index: IndexWriter;
  packets: number;

  constructor(engine: Engine, file: string) {
    this.index = engine.open(file);
    this.packets = this.index.checkpoint.packets;
    this.index.restoreFlows(this.flows);
  }

  add(lines: readonly Line[]): void {
    const columns = batch(lines);
    this.flows.track(columns, view, this.packets + 1);
    this.index.addPackets(columns, this.packets + 1);
    this.packets += lines.length;
  }

  commit(offset = this.packets * 100, segment = 1): void {
    this.index.commit({ packets: this.packets, segment, offset }, this.flows);
  }
}

describe.each(Object.keys(ENGINES))('%s', (name) => {
  const engine = ENGINES[name];
  const fresh = () => join(temporaryFolder(), 'index.sqlite');
  const number = (file: string, sql: string): number => Number(Object.values(engine.read(file, sql)[0])[0]);

  test('what is not committed is neither seen nor kept; what is committed is both, completely', () => {
    const file = fresh();
    const first = new Driver(engine, file);
    first.index.baseTime = 1_700_000_000_000_000_000n;
    first.index.addInterfaces([{ id: 0, name: 'lan', linkType: 1, snapLength: 96 }]);
    first.index.addSegment(1, '000001.pcapng', 1);
    first.add([{ time: 0 }, { time: 1.5e9, host: 3 }, { time: 1.6e9, host: 0 }]);
    expect(number(file, 'SELECT count(*) FROM packets')).toBe(0);
    first.commit();
    expect(number(file, 'SELECT count(*) FROM packets')).toBe(3);
    expect(number(file, 'SELECT count(*) FROM flows')).toBe(2);
    first.add([{ time: 2e9 }]);
    first.index.close();

    const again = new Driver(engine, file);
    expect(again.index.checkpoint).toEqual({ packets: 3, segment: 1, offset: 300 });
    expect(again.index.baseTime).toBe(1_700_000_000_000_000_000n);
    expect(again.index.totals).toMatchObject({ packets: 3, bytes: 300, firstTime: 0, lastTime: 1.6e9 });
    expect(again.index.firstPacketOf(1)).toBe(1);
    expect(again.index.firstPacketOf(2)).toBeUndefined();
    again.add([{ time: 2e9 }, { time: 3e9, host: 3 }]);
    again.commit();
    again.index.finish();
    expect(number(file, 'SELECT count(*) FROM packets')).toBe(5);
    expect(number(file, 'SELECT count(*) FROM flows')).toBe(2);
    expect(number(file, 'SELECT sum(client_packets + server_packets) FROM flows')).toBe(4);
    expect(number(file, 'SELECT sum(packets) FROM seconds')).toBe(5);
    expect(engine.read(file, 'SELECT first_time, last_time, last_packet FROM flows ORDER BY id')).toEqual([
      { first_time: 0n, last_time: 2_000_000_000n, last_packet: 4n },
      { first_time: 1_500_000_000n, last_time: 3_000_000_000n, last_packet: 5n },
    ]);
  });

  test('times before the first packet, beyond 2^53 nanoseconds, and none at all', () => {
    const file = fresh();
    const driver = new Driver(engine, file);
    driver.index.baseTime = 0n;
    const times = [0, -1, -1_000_000_000, 2 ** 53 + 2, -(2 ** 60), 2 ** 63 - 1024, -(2 ** 63 - 1024), Number.NaN];
    driver.add(times.map((time) => ({ time })));
    driver.add([{ time: Number.NaN, host: 9 }]);
    driver.commit();
    driver.index.finish();
    const stored = engine.read(file, 'SELECT time FROM packets ORDER BY number').map((row) => row['time']);
    expect(stored).toEqual([...times.slice(0, 7).map((time) => BigInt(time)), null, null]);
    expect(engine.read(file, 'SELECT first_time, last_time FROM flows ORDER BY id')).toEqual([
      { first_time: -(2n ** 63n - 1024n), last_time: 2n ** 63n - 1024n },
      { first_time: null, last_time: null },
    ]);
    expect(number(file, 'SELECT sum(packets) FROM seconds')).toBe(7);
    expect(number(file, 'SELECT packets FROM seconds WHERE second = -1')).toBe(2);
    const again = new Driver(engine, file);
    again.add([{ time: 5, host: 9 }]);
    again.commit();
    again.index.close();
    expect(engine.read(file, 'SELECT first_time, last_time FROM flows WHERE id = 2')).toEqual([
      { first_time: 5n, last_time: 5n },
    ]);
  });

  test('expiring takes packets, ended flows, segments and the share of the rollups, and counts on', () => {
    const file = fresh();
    const driver = new Driver(engine, file);
    driver.index.baseTime = 0n;
    driver.index.addSegment(1, '000001.pcapng', 1);
    driver.add([
      { time: 0, host: 2, flags: PacketFlag.truncated },
      { time: 5e8, host: 3 },
      { time: 15e8, host: 3 },
    ]);
    driver.index.addSegment(2, '000002.pcapng', 4);
    driver.add([
      { time: 16e8, host: 3, flags: PacketFlag.malformed },
      { time: 17e8, host: 4, length: 50 },
    ]);
    driver.commit();
    driver.index.expire(4);
    driver.commit();
    expect(driver.index.expired).toEqual({ packets: 3, bytes: 300, truncated: 1, malformed: 0 });
    expect(driver.index.totals).toMatchObject({ packets: 5, bytes: 450, truncated: 1, malformed: 1 });
    driver.index.finish();
    expect(engine.read(file, 'SELECT number FROM packets ORDER BY number')).toEqual([{ number: 4n }, { number: 5n }]);
    expect(engine.read(file, 'SELECT id, client_packets FROM flows ORDER BY id')).toEqual([
      { id: 2n, client_packets: 3n },
      { id: 3n, client_packets: 1n },
    ]);
    expect(engine.read(file, 'SELECT second, packets, bytes, problems FROM seconds')).toEqual([
      { second: 1n, packets: 2n, bytes: 150n, problems: 1n },
    ]);
    expect(engine.read(file, 'SELECT id FROM segments')).toEqual([{ id: 2n }]);
    const again = new Driver(engine, file);
    expect(again.index.expired.packets).toBe(3);
    again.index.close();
  });

  test('rollups ask to be written before they grow without bound', () => {
    const file = fresh();
    const driver = new Driver(engine, file);
    driver.index.baseTime = 0n;
    driver.add(Array.from({ length: 5000 }, (_, second) => ({ time: second * 1e9 })));
    expect(driver.index.wantsCommit).toBe(true);
    driver.commit();
    expect(driver.index.wantsCommit).toBe(false);
    driver.index.finish();
    expect(number(file, 'SELECT count(*) FROM seconds')).toBe(5000);
  });

  test('an index that counts on after what a ring has let go', () => {
    const file = fresh();
    const driver = new Driver(engine, file);
    driver.index.beginAfter({ packets: 10, bytes: 1000, truncated: 2, malformed: 1 }, 77n);
    driver.packets = 10;
    driver.add([{ time: 1 }]);
    driver.commit();
    expect(driver.index.totals).toMatchObject({ packets: 11, bytes: 1100, truncated: 2, malformed: 1 });
    driver.index.finish();
    const again = new Driver(engine, file);
    expect(again.index.baseTime).toBe(77n);
    expect(again.index.expired.packets).toBe(10);
    again.index.close();
  });
});

describe('what is particular to SQLite', () => {
  test('rows are the same with and without the native extension', () => {
    const lines = Array.from({ length: 1234 }, (_, i) => ({
      time: i % 50 === 0 ? Number.NaN : (i % 7) * 1e9 - i ** 5,
      host: i % 5,
      length: i * 40,
      flags: i,
    }));
    const columns = batch(lines);
    const tables = [undefined, ''].map((extension) => {
      const db = new Database(':memory:');
      db.exec(SCHEMA);
      const rows = packetRows(db, extension);
      rows.insert(columns, 11);
      rows.insert(columns, 5000, 700, 1001);
      rows.insert(columns, 6000, 5, 6);
      const all = db.prepare('SELECT *, typeof(time) FROM packets ORDER BY number').safeIntegers(true).all();
      db.close();
      return all;
    });
    expect(tables[0]).toHaveLength(1234 + 301 + 1);
    expect(tables[0]).toEqual(tables[1]);
  });

  test('tables refuse other types, and people can read them with the sqlite3 program', () => {
    const file = join(temporaryFolder(), 'index.sqlite');
    const driver = new Driver(ENGINES['sqlite'], file);
    driver.index.baseTime = 0n;
    driver.index.addInterfaces([{ id: 0, name: 'lan', linkType: 1, snapLength: 96 }]);
    driver.add([{ time: 0 }, { time: 25e8, host: 3, length: 60 }]);
    driver.commit();
    const shown = execFileSync('sqlite3', ['-csv', file, 'SELECT * FROM packet_list'], { encoding: 'utf8' });
    expect(shown.replaceAll('\r', '').trim().split('\n')).toEqual([
      '1,0.0,10.0.0.2,10.0.0.1,5000,53,udp,100,1,lan',
      '2,2.5,10.0.0.3,10.0.0.1,5000,53,udp,60,2,lan',
    ]);
    driver.index.finish();
    const check = (sql: string) => execFileSync('sqlite3', [file, sql], { encoding: 'utf8' }).trim();
    expect(check('PRAGMA integrity_check')).toBe('ok');
    expect(
      check("SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'"),
    ).toBe('0');
    const db = new Database(file);
    expect(() => db.prepare("INSERT INTO packets VALUES (9, 'x', 1, 1, 1, 1, 1, 1, 1)").run()).toThrow(/cannot store/);
    db.close();
  });
});
