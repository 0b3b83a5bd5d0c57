/** Runs a program under strace(1), and hands over its lines; the program itself has the terminal to itself. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants as system, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureError } from '../../captures/sources/source.js';
import { TRACED } from '../../lab/trace/calls.js';

/** Characters of data that strace writes of a call. */
const SHOWN = '40';
/** Characters of a line that are kept. */
const LONGEST_LINE = 1 << 16;

/**
 * Runs a command to its end.
 *
 * @param line gets every line that strace writes
 * @returns the exit status as a shell has it: 128 and the signal's number after a signal
 * @throws CaptureError where there is no strace
 */
export async function runUnderStrace(command: readonly string[], line: (text: string) => void): Promise<number> {
  if (process.platform !== 'linux')
    throw new CaptureError('unsupported', 'netglass trace reads what strace writes, and strace is for Linux.');
  const folder = mkdtempSync(join(tmpdir(), 'netglass-strace-'));
  const path = join(folder, 'lines');
  try {
    // A file would grow without bound; a pipe slows the program down instead, when its calls are not read in time.
    const made = spawnSync('mkfifo', ['-m', '600', path], { encoding: 'utf8' });
    if (made.status !== 0)
      throw new CaptureError('io', `mkfifo could not make ${path}: ${made.error?.message ?? made.stderr.trim()}.`);
    const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Kept open until strace is over, so that the end is not taken for one before it has begun to write.
    const writing = openSync(path, constants.O_WRONLY);
    const lines = new Socket({ fd: reading, readable: true, writable: false });
    const read = readLines(lines, line);
    try {
      return await run(path, command);
    } finally {
      closeSync(writing);
      await read;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(path: string, command: readonly string[]): Promise<number> {
  const options = ['-f', '-yy', '-q', '-s', SHOWN, '-o', path, '-e', 'signal=none'];
  const times = ['--absolute-timestamps=format:unix,precision:ns', '--syscall-times=ns'];
  const args = [...options, ...times, '-e', `trace=${TRACED.join(',')}`, '--', ...command];
  const child = spawn('strace', args, { stdio: 'inherit' });
  const release = passSignals(child);
  try {
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal === null ? (status ?? 1) : 128 + system.signals[signal];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CaptureError(
        'unsupported',
        'strace is not installed.',
        'sudo apt-get install -y --no-install-recommends strace',
      );
    throw new CaptureError('io', `strace could not be started: ${(error as Error).message}.`);
  } finally {
    release();
  }
}

/** What comes to this process is handed on to the program, but for Ctrl-C, which the terminal sends to both. */
function passSignals(child: ChildProcess): () => void {
  const ignore = (): void => undefined;
  // strace itself lets no signal end it while its program runs, but hands SIGTERM on when it is over.
  const pass = (signal: NodeJS.Signals): void => {
    for (const pid of childrenOf(child.pid)) process.kill(pid, signal);
  };
  const interrupt = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY) ? ignore : pass;
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', pass);
  process.on('SIGHUP', pass);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', pass);
    process.off('SIGHUP', pass);
  };
}

function childrenOf(pid: number | undefined): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  return existsSync(list) ? readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

async function readLines(from: Socket, line: (text: string) => void): Promise<void> {
  let rest = '';
  let skipping = false;
  from.setEncoding('latin1');
  from.on('data', (chunk) => {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const text of parts) {
      if (!skipping) line(text);
      skipping = false;
    }
    if (rest.length > LONGEST_LINE) {
      rest = '';
      skipping = true;
    }
  });
  await once(from, 'close');
}
