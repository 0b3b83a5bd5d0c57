/** Live engines without the privilege to capture: an error with the command that mends it. */
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { EngineName } from '../../captures/sources/source.js';
import { namespacesMissing } from '../support/netns.js';

const run = promisify(execFile);
const describeLive = namespacesMissing === undefined ? describe : describe.skip;
const suffix = namespacesMissing === undefined ? '' : ` (${namespacesMissing})`;

/** Opens a capture in a process that is root for files but may not use raw sockets, and answers with the error. */
async function openWithout(engine: EngineName, name: string): Promise<{ code: string; hint: string }> {
  const engines = new URL('../../captures/sources/engines.js', import.meta.url).href;
  const code = `
    const { openLive } = await import(${JSON.stringify(engines)});
    await openLive(${JSON.stringify(engine)}, { interfaces: [${JSON.stringify(name)}] }).then(
      () => console.log('{}'),
      ({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })),
    );
    process.exit(0);`;
  const none = '-net_raw,-net_admin';
  const drop = [`--bounding-set=${none}`, `--inh-caps=${none}`];
  const { stdout } = await run('setpriv', [...drop, process.execPath, '--input-type=module', '-e', code]);
  return JSON.parse(stdout) as { code: string; hint: string };
}

describeLive(`live engines without privilege${suffix}`, () => {
  test.each<[EngineName, string]>([
    ['native', 'lo'],
    ['native', 'any'],
    ['cap', 'lo'],
    ['raw-socket', 'icmp'],
  ])('%s on %s names the command that gives it', async (engine, name) => {
    expect(await openWithout(engine, name)).toMatchObject({
      code: 'no-permission',
      hint: `sudo setcap cap_net_raw,cap_net_admin=eip ${realpathSync(process.execPath)}`,
    });
  });

  test('an interface that does not exist is still said not to', async () => {
    expect(await openWithout('native', 'nosuch0')).toMatchObject({ code: 'no-such-interface' });
  });
});
