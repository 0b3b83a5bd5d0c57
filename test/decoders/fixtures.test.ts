/** Every fixture's tree is the one that its file has. `npm test -- --update` writes the files anew. */
import { expect, test } from '@jest/globals';
import { dissect } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { loadFixtures, renderTree, updateFixture, updating } from '../support/fixtures.js';

const fixtures = loadFixtures();

test.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', (_name, fixture) => {
  const tree = renderTree(dissect(registry, fixture.packet));
  if (updating && tree !== fixture.tree) updateFixture(fixture, tree);
  else expect(tree).toBe(fixture.tree);
});

test('every protocol has a fixture', () => {
  // HTTP/3 is always encrypted: quic-decrypt.test.ts has it, with its secrets.
  const covered = new Set(['http3', ...fixtures.map((fixture) => fixture.protocol)]);
  expect(registry.protocols.map((protocol) => protocol.filter).filter((filter) => !covered.has(filter))).toEqual([]);
});

test('a fixture contains the protocol that it is about', () => {
  const missing = fixtures.filter(
    ({ packet, protocol }) => !dissect(registry, packet).layers.some((layer) => layer.protocol === protocol),
  );
  expect(missing.map((fixture) => fixture.name)).toEqual([]);
});
