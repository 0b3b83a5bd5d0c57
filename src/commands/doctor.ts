/** `netglass doctor`: what works here, and the exact command that mends what does not. */

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { loadNative } from '../../captures/native/binding.js';
import { openLive } from '../../captures/sources/engines.js';
import { CaptureError, type EngineName } from '../../captures/sources/source.js';
import { Client } from '../client.js';
import { shared } from '../settings.js';

interface Place {
  host: string;
  port: number;
  token?: string;
  data: string;
}

/** `wrong` fails the command; `missing` is something that one can do without. */
interface Finding {
  readonly state: 'good' | 'missing' | 'wrong';
  readonly text: string;
  readonly mend?: string | undefined;
}

const good = (text: string): Finding => ({ state: 'good', text });
const wrong = (text: string, mend?: string): Finding => ({ state: 'wrong', text, mend });
const missing = (text: string, mend?: string): Finding => ({ state: 'missing', text, mend });
const signs = { good: '✓', missing: '–', wrong: '✗' };

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what works here, and how to mend what does not')
    .addOption(shared.host())
    .addOption(shared.port())
    .addOption(shared.token())
    .addOption(shared.data())
    .addHelpText('after', '\n✓ is well, – can be done without, ✗ must be mended: then the exit status is 1.')
    .action(async (place: Place) => {
      const findings = [
        node(),
        addon(),
        await permission(),
        optionalEngine('cap'),
        optionalEngine('raw-socket'),
        dataFolder(place.data),
        await diskSpace(place.data),
        await port(place),
        await program('tshark', 'compares decodings; in the tests only'),
        await program('wireshark', 'shows a live capture: curl -N …/live.pcapng | wireshark -k -i -'),
      ];
      for (const { state, text, mend } of findings) {
        console.log(`${signs[state]} ${text}`);
        if (mend !== undefined) console.log(`    ${mend}`);
      }
      if (findings.some(({ state }) => state === 'wrong')) process.exitCode = 1;
    });
}

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? good(`Node ${process.versions.node}`)
    : wrong(`Node ${process.versions.node} is too old: 20.19 is needed`, 'Install a newer one: https://nodejs.org');
}

function addon(): Finding {
  const native = loadNative();
  return native instanceof CaptureError
    ? wrong(native.message, native.hint)
    : good('the native capture engine is built');
}

/** Only trying tells: capabilities, containers and security modules all have a say. */
async function permission(): Promise<Finding> {
  try {
    const source = await openLive('native', { interfaces: ['any'], bufferBytes: 65_536 });
    await source.stop();
    while ((await source.next()) !== null);
    return good('capturing is permitted');
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return error.code === 'engine-unavailable'
      ? missing('whether capturing is permitted cannot be tried without the engine')
      : wrong(error.message, error.hint);
  }
}

function optionalEngine(name: Exclude<EngineName, 'native'>): Finding {
  try {
    createRequire(import.meta.url).resolve(name);
    return good(`the optional engine ${name} is installed`);
  } catch {
    return missing(`the optional engine ${name} is not installed`, `npm install --include=optional ${name}`);
  }
}

/** The folder itself, or what it would be made in. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

function dataFolder(path: string): Finding {
  const there = existing(path);
  try {
    accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
    // Permission bits do not tell of a file system that is read-only.
    rmSync(mkdtempSync(join(there, '.netglass-')), { recursive: true });
    return good(`the data folder ${path} can be used`);
  } catch (error) {
    return wrong(
      `the data folder ${path} cannot be used: ${(error as Error).message}`,
      `netglass start --data ${join(tmpdir(), 'netglass')}`,
    );
  }
}

async function diskSpace(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(existing(path));
  const gigabytes = (bavail * bsize) / 1e9;
  const text = `${gigabytes.toFixed(1)} GB are free for captures`;
  return gigabytes < 1
    ? wrong(text, 'netglass start --ring-bytes 500000000, or --data DIR on another disk')
    : good(text);
}

async function port(place: Place): Promise<Finding> {
  const { host, port: number } = place;
  const server = createServer();
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen(number, host, () => server.close(() => resolve(undefined)));
  });
  if (error === undefined) return good(`port ${number} of ${host} is free`);
  if (error.code !== 'EADDRINUSE')
    return wrong(
      `${host}, port ${number} cannot be used: ${error.message}`,
      'netglass start --host 127.0.0.1 --port 8080',
    );
  // One that demands a token is a netglass, too.
  const running = await Client.find(place).catch((failure: unknown) => failure instanceof CaptureError);
  return running === undefined || running === false
    ? wrong(`port ${number} of ${host} is taken by another program`, 'netglass start --port NUMBER')
    : good(`netglass runs at ${host}, port ${number}`);
}

async function program(name: string, purpose: string): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)(name, ['--version'], { timeout: 10_000 });
    return good(`${name} ${/\d+(\.\d+)+/.exec(stdout)?.[0] ?? ''} is installed`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? missing(`${name} is not installed (${purpose})`, `sudo apt-get install ${name}`)
      : missing(`${name} does not start: ${message.split('\n')[0]}`);
  }
}
