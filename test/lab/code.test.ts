/** The code beside the steps: a compiler and two interpreters have to take it. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, TestDaemon } from '../api/daemon.js';
import { freePort, type LabStep, runDemo } from './support.js';

const DEMOS = ['udp-echo', 'tcp-echo', 'tcp-stream', 'byte-order', 'addresses', 'interfaces', 'sockets', 'seqpacket'];

const HEADERS = [
  'arpa/inet.h',
  'ifaddrs.h',
  'netdb.h',
  'netinet/in.h',
  'netinet/tcp.h',
  'stdio.h',
  'stdlib.h',
  'string.h',
  'sys/socket.h',
  'unistd.h',
];
/** What steps before have declared. */
const CONTEXT = 'static int s; static char *buffer; static unsigned char *packet; static struct in_addr a;';
/** Where the kernel's headers have no SCTP they still have its number. */
const PROLOGUE = `#define _DEFAULT_SOURCE\n${HEADERS.map((name) => `#include <${name}>`).join('\n')}\n${CONTEXT}\n`;

let daemon: TestDaemon;
let folder: string;
const steps: LabStep[] = [];
beforeAll(async () => {
  if (!isRoot) return;
  folder = mkdtempSync(join(tmpdir(), 'netglass-code-'));
  daemon = await TestDaemon.start();
  for (const name of DEMOS) {
    const parameters =
      name === 'addresses' ? { host: 'localhost' } : name === 'byte-order' ? {} : { port: await freePort() };
    steps.push(...(await runDemo(daemon, name, parameters)).steps);
  }
});
afterAll(async () => {
  if (!isRoot) return;
  await daemon.stop();
  rmSync(folder, { recursive: true });
});

const unique = (language: 'python' | 'c' | 'typescript'): string[] => [
  ...new Set(steps.map(({ code }) => code[language])),
];

/** What a program says about a file that it does not take. */
function complaints(command: string, args: readonly string[]): string {
  const { stderr, status, error } = spawnSync(command, args);
  if (error !== undefined) throw error;
  return status === 0 ? '' : stderr.toString();
}

(isRoot ? describe : describe.skip)('the code of every step (needs root)', () => {
  test('C', () => {
    const file = join(folder, 'steps.c');
    const functions = unique('c').map((code, index) => `void step${index}(void) {\n${code}\n}`);
    writeFileSync(file, PROLOGUE + functions.join('\n'));
    expect(complaints('cc', ['-fsyntax-only', '-Wall', '-Werror', '-Wno-unused', '-Wno-unused-result', file])).toBe('');
  });

  test('Python', () => {
    const file = join(folder, 'steps.py');
    writeFileSync(
      file,
      unique('python')
        .map((code, index) => `def step${index}(s, packet):\n${`${code}\npass`.replace(/^/gm, '    ')}`)
        .join('\n'),
    );
    expect(complaints('python3', ['-m', 'py_compile', file])).toBe('');
  });

  test('TypeScript', () => {
    const AsyncFunction = (async () => undefined).constructor as new (code: string) => unknown;
    for (const code of unique('typescript')) expect(() => new AsyncFunction(code)).not.toThrow();
  });
});
