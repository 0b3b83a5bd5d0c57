/** Filters by program: what they mean for a packet, and that SQL over the index's tables means the same. */

import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { SCHEMA } from '../../captures/index/schema.js';
import { ProgramRows } from '../../captures/index/sqlite-programs.js';
import { compileFilter, complete, type PacketProgram, renderSql, toSql } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { frame, packetOf, udpInIpv4 } from './filter-support.js';

const curl = { pid: 10, name: 'curl', user: 'ann' };
const nginx = { pid: 20, name: 'nginx', user: 'www-data' };
const worker = { pid: 21, name: 'nginx', user: 'www-data' };

/** The programs of packet 1, 2, … and of its flow of the same number. */
const PROGRAMS: readonly (readonly PacketProgram[])[] = [[], [curl], [nginx], [curl, nginx], [nginx, worker]];

const FILTERS: readonly (readonly [text: string, packets: readonly number[]])[] = [
  ['netglass.process.name', [2, 3, 4, 5]],
  ['!netglass.process.pid', [1]],
  ['netglass.process.name == "curl"', [2, 4]],
  ['netglass.process.name != "curl"', [3, 5]],
  ['!(netglass.process.name == "curl")', [1, 3, 5]],
  ['all netglass.process.name == "nginx"', [3, 5]],
  ['any netglass.process.name != "curl"', [3, 4, 5]],
  ['netglass.process.name in {"curl", "ssh"}', [2, 4]],
  ['netglass.process.pid == 21', [5]],
  ['netglass.process.pid > 10', [3, 4, 5]],
  ['netglass.process.pid in {10..20}', [2, 3, 4, 5]],
  ['all netglass.process.pid >= 20', [3, 5]],
  ['netglass.process.user == "www-data" && udp', [3, 4, 5]],
  // What columns do not know is looked at.
  ['netglass.process.name contains "gin"', [3, 4, 5]],
  ['netglass.process.name matches "^CU"', [2, 4]],
  ['netglass.process.name > "d"', [3, 4, 5]],
  ['upper(netglass.process.name) == "CURL"', [2, 4]],
  ['netglass.process.name == "curl" || netglass.process.pid == 21', [2, 4, 5]],
];

const octets = frame(udpInIpv4());
const packets = PROGRAMS.map((programs, index) => ({
  ...packetOf(octets, { number: index + 1 }),
  programs: () => programs,
}));

/** An index with one packet a flow. */
function indexed(): Database.Database {
  const db = new Database(':memory:');
  db.exec(SCHEMA);
  const rows = new ProgramRows(db);
  const flow = db.prepare(
    `INSERT INTO flows (id, family, transport, client, server, client_port, server_port, client_address, server_address,
       client_packets, client_bytes, server_packets, server_bytes, first_packet, last_packet, protocol, client_flags,
       server_flags, ip_protocol)
     VALUES (?, 4, 17, x'0a000001', x'0a000002', 1, 2, '10.0.0.1', '10.0.0.2', 1, 60, 0, 0, ?, ?, 0, 0, 0, 17)`,
  );
  PROGRAMS.forEach((programs, index) => {
    const id = index + 1;
    flow.run(id, id, id);
    db.prepare('INSERT INTO packets VALUES (?, 0, 60, 60, 0, 0, ?, ?, 0)').run(id, id, registry.idOf('udp'));
    const known = programs.map((one) => ({ ...one, started: 1, command: one.name }));
    if (known.length > 0) rows.store({ flow: id, end: 'client', programs: known });
  });
  return db;
}

test.each(FILTERS)('%s', (text, wanted) => {
  const filter = compileFilter(registry, text);
  expect(packets.filter((packet) => filter.matches(packet)).map(({ number }) => number)).toEqual(wanted);
  // Where nobody knows programs, nobody has any.
  const bare = packetOf(octets);
  expect(filter.matches(bare)).toBe(filter.matches(packets[0]));
  const db = indexed();
  const { tree, exact } = toSql(registry, filter);
  for (const flows of ['all', 'each'] as const) {
    const { text: where, parameters } = renderSql(tree, flows);
    const found = db
      .prepare(`SELECT p.number FROM packets p WHERE ${where}`)
      .pluck()
      .all(...parameters) as number[];
    if (exact) expect(found).toEqual(wanted);
    else expect(found).toEqual(expect.arrayContaining([...wanted]));
  }
  db.close();
  expect(exact).toBe(!/contains|matches|> "|upper/.test(text));
});

test('programs that a flow no longer has, and those of flows that are gone, leave the index', () => {
  const db = indexed();
  const rows = new ProgramRows(db);
  rows.store({ flow: 5, end: 'client', programs: [{ ...worker, started: 1, command: 'nginx' }] });
  const holders = () =>
    db.prepare('SELECT h.flow, r.pid FROM flow_processes h JOIN processes r ON r.id = h.process').raw().all();
  expect(holders()).toEqual([
    [2, 10],
    [3, 20],
    [4, 10],
    [4, 20],
    [5, 21],
  ]);
  rows.expire(5);
  expect(holders()).toEqual([[5, 21]]);
  expect(db.prepare('SELECT pid FROM processes').pluck().all()).toEqual([21]);
  // A process that had been forgotten gets a row again.
  rows.store({ flow: 5, end: 'server', programs: [{ ...curl, started: 1, command: 'curl' }] });
  expect(holders()).toHaveLength(2);
  db.close();
});

test('completion knows them', () => {
  expect(complete(registry, 'netglass.process.').map(({ text }) => text)).toEqual([
    'netglass.process.name',
    'netglass.process.pid',
    'netglass.process.user',
  ]);
});
