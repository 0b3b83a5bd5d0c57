/** What `/proc/PID` says of a process (proc(5)), kept for a moment, because a process often has many sockets. */

import { closeSync, openSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Program } from './messages.js';

/** Milliseconds after which a process is read again: it may have become another program. */
const FRESH = 1000;
/** Processes that are remembered. */
const MAXIMUM_KNOWN = 10_000;
const LONGEST_COMMAND = 1024;
/** Characters of a name that the kernel keeps. */
const KERNEL_NAME = 15;

export class ProgramInfo {
  private readonly known = new Map<number, { program: Program; readAt: number }>();
  private readonly users = new Users();

  /** @returns undefined when there is no such process (any more) */
  of(pid: number, now: number): Program | undefined {
    const known = this.known.get(pid);
    if (known !== undefined && now - known.readAt < FRESH) return known.program;
    const found = this.read(pid);
    if (found === undefined) {
      this.known.delete(pid);
      return undefined;
    }
    const same = known !== undefined && isSame(known.program, found);
    const program = same ? known.program : found;
    if (this.known.size >= MAXIMUM_KNOWN) this.known.clear();
    this.known.set(pid, { program, readAt: now });
    return program;
  }

  /** Name of a user; the number as text where it has none. */
  user(uid: number): string {
    return this.users.name(uid);
  }

  private read(pid: number): Program | undefined {
    try {
      // The name stands in brackets and may have any in it: what follows begins behind the last one.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const open = stat.indexOf('(');
      const close = stat.lastIndexOf(')');
      const started = Number(stat.slice(close + 2).split(' ')[19]);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? 0);
      const command = commandLine(pid);
      const name = wholeName(pid, stat.slice(open + 1, close));
      return { pid, started, name, user: this.users.name(uid), command: command === '' ? `[${name}]` : command };
    } catch {
      // It has ended.
      return undefined;
    }
  }
}

/** Whether a process still runs. */
export function isAlive({ pid }: Program): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
}

function isSame(a: Program, b: Program): boolean {
  return a.started === b.started && a.name === b.name && a.command === b.command && a.user === b.user;
}

/** The name, whole where its file's begins with what the kernel has kept of it. */
function wholeName(pid: number, kept: string): string {
  if (kept.length < KERNEL_NAME) return kept;
  try {
    const file = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
    return file.startsWith(kept) ? file : kept;
  } catch {
    // Another user's: what the kernel has kept is all there is.
    return kept;
  }
}

/** Arguments end in zeros, and a process may write anything there. */
function commandLine(pid: number): string {
  const fd = openSync(`/proc/${pid}/cmdline`, 'r');
  try {
    const octets = Buffer.alloc(LONGEST_COMMAND);
    const length = readSync(fd, octets, 0, octets.length, 0);
    return octets.toString('utf8', 0, length).replaceAll('\0', ' ').trimEnd();
  } finally {
    closeSync(fd);
  }
}

/** `/etc/passwd` (passwd(5)), read again when it changes. */
class Users {
  private names = new Map<number, string>();
  private changed = -1;
  private checkedAt = Number.NEGATIVE_INFINITY;

  name(uid: number): string {
    this.refresh();
    return this.names.get(uid) ?? String(uid);
  }

  private refresh(): void {
    const now = performance.now();
    if (now - this.checkedAt < 10_000) return;
    this.checkedAt = now;
    const changed = statSync('/etc/passwd', { throwIfNoEntry: false })?.mtimeMs;
    if (changed === undefined || changed === this.changed) return;
    this.changed = changed;
    this.names = new Map();
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , uid] = line.split(':');
      if (uid !== undefined && !this.names.has(Number(uid))) this.names.set(Number(uid), name);
    }
  }
}
