/** A small copy of this project in a temporary folder, on which the set-up scripts can be run for real. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This checkout; the test runs from its dist/test. */
export const project = fileURLToPath(new URL('../../', import.meta.url));

/** The user `nobody` on Debian. */
const NOBODY = 65534;

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** As `nobody` when the tests run as root; otherwise the tests' own user has no more rights than that. */
  readonly unprivileged?: boolean;
}

export class ProjectCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'netglass-copy-'));

  /** Has the set-up scripts, an empty page, and one source: a command line that prints its arguments and ends with status 3. */
  constructor() {
    for (const path of ['package.json', 'package-lock.json', 'tsconfig.json', 'src/setup', 'jest.config.mjs']) {
      cpSync(join(project, path), this.path(path), { recursive: true });
    }
    this.write('src/cli.ts', 'console.log(process.argv.slice(2).join(" "));\nprocess.exitCode = 3;\n');
    cpSync(join(project, 'api/web/vite.config.ts'), this.path('api/web/vite.config.ts'));
    this.write('api/web/index.html', '<!doctype html><title>netglass</title>');
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
    chmodSync(this.path(path), mode);
  }

  /** The real packages, installed already: the set-up has nothing to install. */
  useRealPackages(): void {
    symlinkSync(join(project, 'node_modules'), this.path('node_modules'));
  }

  /** The real addon's sources, without what was built from them. */
  useRealNativeSources(): void {
    const source = join(project, 'captures/native');
    // Its binding imports other rooms, which the copy does not have.
    const wanted = (path: string) => path !== join(source, 'build') && !path.endsWith('.ts');
    cpSync(source, this.path('captures/native'), { recursive: true, filter: wanted });
  }

  /**
   * Doubles of npm and of the compiler that only leave a line in `calls.log`, in a PATH that has nothing else:
   * what the set-up does around them is seen in milliseconds and without a network.
   * @param nativeStatus the exit status of `npm run build:native`
   * @returns the environment to run with
   */
  useDoubles(nativeStatus = 0): NodeJS.ProcessEnv {
    const node = `#!${process.execPath}`;
    const compiler = `
      const { mkdirSync, writeFileSync, appendFileSync } = require('node:fs');
      appendFileSync('calls.log', 'tsc\\n');
      mkdirSync('dist/src', { recursive: true });
      writeFileSync('dist/src/cli.js', 'console.log(process.argv.slice(2).join(" "))');`;
    const bundler = `require('node:fs').appendFileSync('calls.log', 'vite\\n')`;
    const npm = `${node}
      import { mkdirSync, writeFileSync, appendFileSync } from 'node:fs';
      const command = process.argv.slice(2, 4).join(' ');
      appendFileSync('calls.log', 'npm ' + command + '\\n');
      if (command.startsWith('install')) {
        mkdirSync('node_modules/typescript/bin', { recursive: true });
        writeFileSync('node_modules/typescript/bin/tsc', ${JSON.stringify(compiler)});
        mkdirSync('node_modules/vite/bin', { recursive: true });
        writeFileSync('node_modules/vite/bin/vite.js', ${JSON.stringify(bundler)});
      } else if (${nativeStatus} === 0) {
        mkdirSync('captures/native/build/Release', { recursive: true });
        writeFileSync('captures/native/build/Release/netglass.node', '');
      } else console.log('the compiler is broken');
      process.exit(command.startsWith('install') ? 0 : ${nativeStatus});`;
    this.write('programs/npm', npm, 0o755);
    this.write('captures/native/binding.gyp', '{}');
    return { PATH: this.path('programs') };
  }

  /** A double of apt-get, which knows no package before `update` and then installs empty programs into the PATH. */
  useAptDouble(): void {
    const programs = ['g++', 'make', 'python3', 'tshark', 'tcpdump', 'ip', 'chromium', 'strace'];
    const aptGet = `#!${process.execPath}
      import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
      const args = process.argv.slice(2);
      appendFileSync('calls.log', 'apt-get ' + args.join(' ') + '\\n');
      if (args.includes('update')) writeFileSync('lists', '');
      else if (!existsSync('lists')) process.exit(100);
      else for (const program of ${JSON.stringify(programs)}) writeFileSync('programs/' + program, '', { mode: 0o755 });`;
    this.write('programs/apt-get', aptGet, 0o755);
  }

  /** Runs a script of src/setup. */
  run(script: string, args: string[] = [], { env = {}, unprivileged = false }: RunOptions = {}): Run {
    const asNobody = unprivileged && process.getuid?.() === 0;
    if (asNobody) this.giveTo(NOBODY);
    const began = performance.now();
    const { status, stdout, stderr, error } = spawnSync(process.execPath, [this.path('src/setup', script), ...args], {
      cwd: this.folder,
      env: { ...process.env, ...env },
      encoding: 'utf8',
      timeout: 80_000,
      ...(asNobody ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    if (error) throw error;
    return { status, stdout, stderr, milliseconds: performance.now() - began };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private giveTo(user: number): void {
    chownSync(this.folder, user, user);
    for (const path of readdirSync(this.folder, { recursive: true, encoding: 'utf8' })) {
      chownSync(this.path(path), user, user);
    }
  }
}
