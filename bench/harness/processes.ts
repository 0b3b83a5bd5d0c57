/** What Linux knows about a running process (proc(5)). */

import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: fixed by Linux's ABI on every platform that Node runs on. */
const TICKS = 100;

/** Seconds of CPU, user and system, of all its threads and the children it waited for. Steps of 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name stands in parentheses and may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number);
  return (user + system + childrenUser + childrenSystem) / TICKS;
}

/** Seconds of CPU of the threads that it has now, exact to the nanosecond. */
export function threadSeconds(pid: number): number {
  let total = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return total / 1e9;
}

/** Megabytes (10^6): resident now, or `peak`: at most so far. */
export function residentMegabytes(pid: number, which: 'now' | 'peak'): number {
  const name = which === 'now' ? 'VmRSS' : 'VmHWM';
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
}
