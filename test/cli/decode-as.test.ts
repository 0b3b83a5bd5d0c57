/** `-d` as tshark writes it. */

import { describe, expect, test } from '@jest/globals';
import { registry } from '../../decoders/protocols/index.js';
import { decodeAsRules } from '../../src/read/decode-as.js';

describe('rules', () => {
  test.each([
    ['tcp.port==8081,http', [8081]],
    ['tcp.port==0x1f91,http', [8081]],
    ['tcp.port==8081-8083,http', [8081, 8082, 8083]],
    ['tcp.port==8081:2,http', [8081, 8082]],
  ])('%s', (rule, values) => {
    expect(decodeAsRules(registry, [rule])).toEqual(
      values.map((value) => ({ table: 'tcp.port', value, protocol: 'http' })),
    );
  });

  test.each(['tcp.port', 'tcp.port==x,http', 'nothing.port==1,http', 'tcp.port==1,nothing', 'tcp.port==3-1,http'])(
    '%s is refused',
    (rule) => {
      expect(() => decodeAsRules(registry, [rule])).toThrow(/-d/);
    },
  );

  test('an old name is the one that it has now', () => {
    expect(decodeAsRules(registry, ['tcp.port==1,ssl'])[0].protocol).toBe('tls');
  });

  test('they go before the lower port', () => {
    const changed = registry.with(decodeAsRules(registry, ['tcp.port==9000,tls']));
    expect(changed.byPorts('tcp.port', 80, 9000)).toBe(registry.idOf('tls'));
    expect(registry.byPorts('tcp.port', 80, 9000)).toBe(registry.idOf('http'));
  });
});
