/** The tables `processes` and `flow_processes`: the writing side. */

import type Database from 'better-sqlite3';
import type { FlowPrograms, Program } from '../programs/messages.js';

/** Processes whose row is remembered. */
const MAXIMUM_KNOWN = 10_000;

export class ProgramRows {
  /** Ids of processes that have a row. */
  private readonly known = new Map<string, number>();
  private readonly statements;

  constructor(private readonly db: Database.Database) {
    this.statements = {
      find: db
        .prepare('SELECT id FROM processes WHERE pid = ? AND started = ? AND name = ? AND user = ? AND command = ?')
        .pluck(),
      add: db.prepare('INSERT INTO processes (pid, started, name, user, command) VALUES (?, ?, ?, ?, ?)'),
      forget: db.prepare('DELETE FROM flow_processes WHERE flow = ? AND side = ?'),
      hold: db.prepare('INSERT OR IGNORE INTO flow_processes VALUES (?, ?, ?)'),
      expire: db.prepare('DELETE FROM flow_processes WHERE flow IN (SELECT id FROM flows WHERE last_packet < ?)'),
      sweep: db.prepare('DELETE FROM processes WHERE id NOT IN (SELECT process FROM flow_processes)'),
    };
  }

  /** Says who holds the socket at one end of a flow, in place of whoever was said before. */
  store({ flow, end, programs }: Omit<FlowPrograms, 'packet'>): void {
    this.statements.forget.run(flow, end);
    for (const program of programs) this.statements.hold.run(flow, end, this.idOf(program));
  }

  /** Takes what was known before the index was built again; flows go by the numbers of their first packets. */
  restore(stored: Iterable<Omit<FlowPrograms, 'flow'>>): void {
    let find: Database.Statement | undefined;
    for (const { packet, end, programs } of stored) {
      if (find === undefined) {
        this.db.exec('CREATE INDEX flows_first_packet ON flows (first_packet)');
        find = this.db.prepare('SELECT id FROM flows WHERE first_packet = ?').pluck();
      }
      const flow = find.get(packet) as number | undefined;
      if (flow !== undefined) this.store({ flow, end, programs });
    }
    if (find !== undefined) this.db.exec('DROP INDEX flows_first_packet');
  }

  /** Removes what belongs to the flows that end before a packet, whose rows are about to be removed. */
  expire(firstPacket: number): void {
    this.statements.expire.run(firstPacket);
    if (this.statements.sweep.run().changes > 0) this.known.clear();
  }

  private idOf({ pid, started, name, user, command }: Program): number {
    const values = [pid, started, name, user, command];
    const key = values.join('\0');
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const found = this.statements.find.get(...values) as number | undefined;
    const id = found ?? Number(this.statements.add.run(...values).lastInsertRowid);
    if (this.known.size >= MAXIMUM_KNOWN) this.known.clear();
    this.known.set(key, id);
    return id;
  }
}
