/** The programs that `http3` runs: openssl, caddy and chromium, in a folder that is gone with the run. */

import { execFile, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CaptureError } from '../captures/sources/source.js';
import type { Stage } from './stage.js';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
/** Milliseconds that the browser may take for a page. */
const SLOWEST_PAGE = 30_000;
/** Characters of a program's last words that are kept, and of a page. */
const LAST_WORDS = 2000;
const LONGEST_PAGE = 100_000;

export interface Folder {
  readonly path: string;
  readonly certificate: string;
  readonly key: string;
  readonly keyLog: string;
}

function onPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    const path = join(folder, command);
    if (!existsSync(path)) return false;
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false; // accessSync's only way of saying no
    }
  });
}

/** The first program that is not there; undefined when all are. */
export function missingProgram(): string | undefined {
  const missing = ['caddy', 'openssl'].find((command) => !onPath(command));
  return missing ?? (BROWSERS.some(onPath) ? undefined : 'chromium');
}

export function temporaryFolder(stage: Stage): Folder {
  const path = mkdtempSync(join(tmpdir(), 'netglass-http3-'));
  stage.keep(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  mkdirSync(join(path, 'home'));
  return {
    path,
    certificate: join(path, 'certificate.pem'),
    key: join(path, 'key.pem'),
    keyLog: join(path, 'keys.log'),
  };
}

/** Makes a certificate for `localhost` that is good for two days. @returns the hash of its public key, as chromium has it */
export async function makeCertificate({ certificate, key }: Folder): Promise<string> {
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  try {
    await promisify(execFile)('openssl', [...kind, ...names, '-keyout', key, '-out', certificate]);
  } catch (error) {
    throw new CaptureError('io', `openssl made no certificate: ${(error as Error).message.slice(0, LAST_WORDS)}`);
  }
  const { publicKey } = new X509Certificate(readFileSync(certificate));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

export interface Program {
  /** Why it is over; undefined while it runs. */
  over(): string | undefined;
}

/** Starts a program that ends with the run, and its children with it. */
function start(
  stage: Stage,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Program & { output(): string } {
  // A group of its own: the browser has many processes.
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  let over: string | undefined;
  let output = '';
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < LONGEST_PAGE) output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LAST_WORDS);
  });
  const gone = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      over ??= `${why}. ${words.trim().split('\n').at(-1) ?? ''}`.trim();
      resolve();
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (status, signal) => end(`${command} ended (${signal ?? `status ${status}`})`));
  });
  stage.keep(async () => {
    if (over === undefined && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await gone;
  });
  return { over: () => over, output: () => output };
}

/** Starts caddy: HTTP/3 with the folder's certificate, one page at every path, nothing else. */
export function serve(
  stage: Stage,
  folder: Folder,
  { address, port, page }: { readonly address: string; readonly port: number; readonly page: string },
): Program {
  const answer = {
    handler: 'static_response',
    status_code: 200,
    headers: { 'Content-Type': ['text/html'] },
    body: page,
  };
  const server = {
    listen: [`${address}:${port}`],
    protocols: ['h1', 'h2', 'h3'],
    automatic_https: { disable: true },
    tls_connection_policies: [{}],
    routes: [{ handle: [answer] }],
  };
  const files = [{ certificate: folder.certificate, key: folder.key }];
  const config = {
    admin: { disabled: true },
    logging: { logs: { default: { level: 'ERROR' } } },
    storage: { module: 'file_system', root: join(folder.path, 'store') },
    apps: { http: { servers: { lab: server } }, tls: { certificates: { load_files: files } } },
  };
  const path = join(folder.path, 'caddy.json');
  writeFileSync(path, JSON.stringify(config));
  return start(stage, 'caddy', ['run', '--config', path], { HOME: join(folder.path, 'home') });
}

/** Has chromium load a page over QUIC, without a window. @returns the page as the browser has it */
export async function browse(
  stage: Stage,
  folder: Folder,
  { url, port, certificate }: { readonly url: string; readonly port: number; readonly certificate: string },
): Promise<string> {
  const quiet = ['--headless=new', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const own = [`--user-data-dir=${join(folder.path, 'profile')}`, '--disable-dev-shm-usage'];
  const where = [`--origin-to-force-quic-on=localhost:${port}`, '--host-resolver-rules=MAP localhost 127.0.0.1'];
  // Chromium has no sandbox for root; it sees this one page of ours.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const trust = [`--ignore-certificate-errors-spki-list=${certificate}`];
  const args = [...quiet, ...own, ...where, ...sandbox, ...trust, '--dump-dom', url];
  const environment = { HOME: join(folder.path, 'home'), SSLKEYLOGFILE: folder.keyLog };
  const browser = start(stage, BROWSERS.find(onPath) ?? BROWSERS[0], args, environment);
  if (!(await stage.until(() => browser.over() !== undefined, SLOWEST_PAGE)))
    throw new CaptureError('io', `The browser did not get the page in ${SLOWEST_PAGE / 1000} seconds.`);
  if (browser.output() === '' || !existsSync(folder.keyLog))
    throw new CaptureError('io', `The browser did not get the page: ${browser.over()}`);
  return browser.output();
}
