/** What a test run left behind on the machine: processes, the ports that they hold, network namespaces. Linux only. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Every process of a run carries this environment variable, however deep its parents were and whoever adopted it. */
export const RUN_MARK = 'NETGLASS_TEST_RUN';

/**
 * Reads something of a process that may end at any moment, or belong to somebody else: then it is not there.
 * @template T
 * @param {() => T} read
 * @returns {T | undefined}
 */
function ifThere(read) {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Network namespaces by the names that the tests give theirs. Only root can make one, so nobody else is asked for them. */
export const namespaces = () =>
  process.getuid?.() === 0 && existsSync('/run/netns')
    ? readdirSync('/run/netns').filter((name) => name.startsWith('ng'))
    : [];

/** Ports by the inode of their listening TCP or bound UDP socket, in one process's network namespace. */
function portsByInode(pid) {
  const ports = new Map();
  for (const [table, listening] of [
    ['tcp', '0A'],
    ['tcp6', '0A'],
    ['udp', '07'],
    ['udp6', '07'],
  ]) {
    const lines =
      ifThere(() => readFileSync(`/proc/${pid}/net/${table}`, 'utf8'))
        ?.split('\n')
        .slice(1) ?? [];
    for (const columns of lines.map((line) => line.trim().split(/\s+/))) {
      if (columns[3] !== listening) continue;
      ports.set(columns[9], `${table} port ${Number.parseInt(columns[1].split(':')[1], 16)}`);
    }
  }
  return ports;
}

function portsOf(pid) {
  const byInode = portsByInode(pid);
  const files = ifThere(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return files.flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(ifThere(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '')?.[1];
    return byInode.get(inode) ?? [];
  });
}

/** @param {string} run the value of RUN_MARK */
function processesOf(run) {
  const mark = `${RUN_MARK}=${run}`;
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    return ifThere(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
      ?.split('\0')
      .includes(mark);
  });
}

/**
 * One line for each thing that the run left.
 * @param {string} run
 * @param {string[]} namespacesBefore
 */
export function leftovers(run, namespacesBefore) {
  if (process.platform !== 'linux') return [];
  const processes = processesOf(run).map((pid) => {
    const command = ifThere(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      ?.replaceAll('\0', ' ')
      .trim();
    return [`process ${pid}: ${command}`, ...portsOf(pid)].join(', ');
  });
  const made = namespaces().filter((name) => !namespacesBefore.includes(name));
  return [...processes, ...made.map((name) => `network namespace ${name}`)];
}
