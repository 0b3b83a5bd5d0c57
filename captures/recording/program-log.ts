/**
 * The programs of a capture's flows beside its log, in `programs.jsonl`: packets do not tell them, so that an index that is
 * built again has them from here. A line is for one end of a flow, which goes by the number of its first packet.
 */

import { appendFileSync, closeSync, openSync, readSync, renameSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowPrograms, Program } from '../programs/messages.js';

/** What is known of one end of a flow. */
export type StoredPrograms = Omit<FlowPrograms, 'flow'>;

const PIECE = 1 << 16;
/** A line of more octets is not one of ours. */
const LONGEST_LINE = 1 << 20;
/** With less than this, what the ring has let go may stay. */
const SMALL_FILE = 1 << 20;

const fileOf = (folder: string): string => join(folder, 'programs.jsonl');

export class ProgramLog {
  private readonly file: string;
  private size: number;
  /** Octets after the file was last written anew. */
  private sizeThen: number;

  constructor(folder: string) {
    this.file = fileOf(folder);
    this.size = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
    this.sizeThen = this.size;
  }

  append(found: readonly FlowPrograms[]): void {
    const lines = found.map(({ packet, end, programs }) => `${JSON.stringify({ packet, end, programs })}\n`).join('');
    appendFileSync(this.file, lines, { mode: 0o600 });
    this.size += Buffer.byteLength(lines);
  }

  /** Leaves out the flows that began before a packet, now and then: a ring must not let the file grow for ever. */
  expire(folder: string, firstPacket: number): void {
    if (this.size < Math.max(SMALL_FILE, 2 * this.sizeThen)) return;
    const next = `${this.file}.new`;
    writeFileSync(next, '', { mode: 0o600 });
    const fd = openSync(next, 'a');
    try {
      for (const one of readPrograms(folder)) if (one.packet >= firstPacket) writeSync(fd, `${JSON.stringify(one)}\n`);
    } finally {
      closeSync(fd);
    }
    renameSync(next, this.file);
    this.size = statSync(this.file).size;
    this.sizeThen = this.size;
  }
}

/** What was written, in order; later lines are newer. Damaged ones are left out. */
export function* readPrograms(folder: string): Generator<StoredPrograms, void, undefined> {
  for (const line of linesOf(fileOf(folder))) {
    const parsed = parseLine(line);
    if (parsed !== undefined) yield parsed;
  }
}

/** The whole lines of a file, which need not be there. */
function* linesOf(file: string): Generator<string, void, undefined> {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return;
  const fd = openSync(file, 'r');
  try {
    const piece = Buffer.alloc(PIECE);
    let rest: Buffer = Buffer.alloc(0);
    for (let length = readSync(fd, piece); length > 0; length = readSync(fd, piece)) {
      const octets = Buffer.concat([rest, piece.subarray(0, length)]);
      let from = 0;
      for (let to = octets.indexOf(10); to >= 0; to = octets.indexOf(10, from)) {
        yield octets.toString('utf8', from, to);
        from = to + 1;
      }
      rest = octets.subarray(octets.length - from > LONGEST_LINE ? octets.length : from);
    }
  } finally {
    closeSync(fd);
  }
}

function parseLine(line: string): StoredPrograms | undefined {
  try {
    const { packet, end, programs } = JSON.parse(line) as Partial<StoredPrograms>;
    const known = Number.isSafeInteger(packet) && (end === 'client' || end === 'server') && Array.isArray(programs);
    return known && programs.every(isProgram) ? { packet: packet as number, end, programs } : undefined;
  } catch {
    // Torn by a crash, or spoilt by somebody: the others are read all the same.
    return undefined;
  }
}

function isProgram(value: unknown): value is Program {
  const { pid, started, name, user, command } = (value ?? {}) as Partial<Program>;
  const texts = [name, user, command].every((text) => typeof text === 'string');
  return texts && Number.isSafeInteger(pid) && Number.isSafeInteger(started);
}
