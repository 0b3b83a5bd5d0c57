/** Which processes have a socket open: the links in `/proc/PID/fd` say so (proc(5)). */

import { readdirSync, readlinkSync } from 'node:fs';
import type { NativeSockets } from './kernel-sockets.js';

export interface Holders {
  /** By inode: the ids of all processes that have it open. */
  readonly pids: ReadonlyMap<number, readonly number[]>;
  /** Processes that may not be looked into. */
  readonly denied: number;
}

/**
 * Looks through every process for these sockets. Costs milliseconds: about one for every hundred processes, and one for
 * every thousand descriptors.
 */
export function findHolders(native: NativeSockets | undefined, inodes: readonly number[]): Holders {
  if (native === undefined) return searchFiles(new Set(inodes));
  const { holders, denied } = native.socketHolders(Float64Array.from(inodes));
  const pids = new Map<number, number[]>();
  for (let i = 0; i < holders.length; i += 2) add(pids, holders[i], holders[i + 1]);
  return { pids, denied };
}

function add(pids: Map<number, number[]>, inode: number, pid: number): void {
  const known = pids.get(inode);
  if (known === undefined) pids.set(inode, [pid]);
  // A process' descriptors come one after the other.
  else if (known[known.length - 1] !== pid) known.push(pid);
}

function searchFiles(wanted: ReadonlySet<number>): Holders {
  const pids = new Map<number, number[]>();
  let denied = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    try {
      for (const fd of readdirSync(`/proc/${name}/fd`)) {
        const inode = inodeOf(`/proc/${name}/fd/${fd}`);
        if (wanted.has(inode)) add(pids, inode, pid);
      }
    } catch (error) {
      // Otherwise it has ended meanwhile.
      if (isDenied(error)) denied++;
    }
  }
  return { pids, denied };
}

/** The inode of the socket that a link leads to; 0 for anything else, and for one that was closed meanwhile. */
function inodeOf(link: string): number {
  try {
    return Number(/^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1] ?? 0);
  } catch (error) {
    if (isDenied(error)) throw error;
    return 0;
  }
}

function isDenied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
