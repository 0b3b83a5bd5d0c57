/** Live engines and the interfaces they are on: loopback, `any`, several, direction, and interfaces that come and go. */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { openLive } from '../../captures/sources/engines.js';
import { listInterfaces, listWithoutAddon } from '../../captures/sources/interfaces.js';
import type { EngineName } from '../../captures/sources/source.js';
import { captureDuring, pause, readAll, udpTo, until } from '../support/live-capture.js';
import { createPair, namespacesMissing, type Pair } from '../support/netns.js';

jest.setTimeout(60_000);

const describeLive = namespacesMissing === undefined ? describe : describe.skip;
const suffix = namespacesMissing === undefined ? '' : ` (${namespacesMissing})`;
const PORT = 40_100;
const SLL2 = 276;

/** Sends UDP datagrams from this namespace. */
async function sendFromHere(count: number, address: string): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => undefined); // "port unreachable" comes back, as it should
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      socket.send(`from here ${i + 1}`, PORT, address, resolve);
    });
  }
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
}

describeLive(`live interfaces${suffix}`, () => {
  let pair: Pair;
  beforeEach(() => {
    pair = createPair();
  });
  afterEach(() => pair?.close());

  test.each<EngineName>(['native', 'cap'])('%s sees a loopback packet once, without a direction', async (engine) => {
    const source = await openLive(engine, { interfaces: ['lo'], captureFilter: `udp port ${PORT}` });
    const packets = await captureDuring(source, () => sendFromHere(3, '127.0.0.1'));
    const seen = udpTo(packets, source.interfaces[0].linkType, PORT);
    expect(seen.map(({ text }) => text)).toEqual(['from here 1', 'from here 2', 'from here 3']);
    expect(seen.map(({ packet }) => packet.flags)).toEqual([undefined, undefined, undefined]);
  });

  test('native any: every interface, loopback once, direction as the kernel says it', async () => {
    const source = await openLive('native', { interfaces: ['any'], captureFilter: `udp port ${PORT}` });
    expect(source.interfaces[0]).toMatchObject({ name: 'any', linkType: SLL2 });
    const packets = await captureDuring(source, async () => {
      await sendFromHere(1, '127.0.0.1');
      await sendFromHere(1, pair.peerAddress);
      await pair.sendToHost(1, PORT);
    });
    const seen = udpTo(packets, SLL2, PORT).map(({ text, packet }) => [text, packet.flags]);
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['from here 1', undefined],
        ['from here 1', 2],
        ['netglass 1', 1],
      ]),
    );
    expect(source.warnings).toEqual([]);
  });

  test('cap any: a capture for each interface', async () => {
    const source = await openLive('cap', { interfaces: ['any'], captureFilter: `udp port ${PORT}` });
    expect(source.interfaces.map(({ name }) => name)).toEqual(expect.arrayContaining(['lo', pair.host]));
    const packets = await captureDuring(source, async () => {
      await sendFromHere(1, '127.0.0.1');
      await pair.sendToHost(1, PORT);
    });
    const names = packets.map(({ interfaceId }) => source.interfaces[interfaceId].name);
    expect(names.sort()).toEqual(['lo', pair.host].sort());
  });

  test.each<EngineName>(['native', 'cap'])('%s tells what went out from what came in', async (engine) => {
    const source = await openLive(engine, { interfaces: [pair.host], captureFilter: `udp port ${PORT}` });
    const packets = await captureDuring(source, async () => {
      await sendFromHere(2, pair.peerAddress);
      await pair.sendToHost(2, PORT);
    });
    expect(packets.map(({ flags }) => flags)).toEqual([2, 2, 1, 1]);
  });

  test('native: several interfaces in one capture, each with its id and its counters', async () => {
    const other = createPair();
    try {
      const options = { interfaces: [pair.host, other.host], captureFilter: `udp port ${PORT}` };
      const source = await openLive('native', options);
      const packets = await captureDuring(source, async () => {
        await pair.sendToHost(2, PORT);
        await other.sendToHost(3, PORT);
      });
      expect(source.interfaces.map(({ id, name }) => [id, name])).toEqual([
        [0, pair.host],
        [1, other.host],
      ]);
      expect(packets.map(({ interfaceId }) => interfaceId).sort()).toEqual([0, 0, 1, 1, 1]);
      expect(source.interfaceStatistics().map(({ received }) => received)).toEqual([2, 3]);
    } finally {
      other.close();
    }
  });

  test('native: one interface of two that is not there refuses the capture', async () => {
    const other = createPair();
    other.unplug();
    try {
      const opening = openLive('native', { interfaces: [pair.host, other.host] });
      await expect(opening).rejects.toMatchObject({ code: 'no-such-interface' });
    } finally {
      other.close();
    }
  });

  test('native: an interface that is deleted and made again goes on under the same id', async () => {
    const other = createPair();
    try {
      const options = { interfaces: [pair.host, other.host], captureFilter: `udp port ${PORT}` };
      const source = await openLive('native', options);
      const packets = await captureDuring(source, async () => {
        await pair.sendToHost(2, PORT, 'before');
        pair.unplug();
        await until(() => source.warnings.length > 0, 'the warning that it went away');
        await other.sendToHost(1, PORT, 'meanwhile');
        pair.plug();
        await until(() => source.warnings.some((text) => text.includes('came back')), 'its return');
        await pair.sendToHost(2, PORT, 'after');
      });
      const seen = udpTo(packets, 1, PORT).map(({ text, packet }) => [packet.interfaceId, text]);
      expect(seen).toEqual([
        [0, 'before 1'],
        [0, 'before 2'],
        [1, 'meanwhile 1'],
        [0, 'after 1'],
        [0, 'after 2'],
      ]);
      expect(source.warnings[0]).toMatch(`${pair.host} went away (`);
      expect(source.warnings).toHaveLength(2);
      expect(source.interfaces).toHaveLength(2);
      expect(source.end).toEqual({ reason: 'stopped' });
    } finally {
      other.close();
    }
  });

  const testTun = existsSync('/dev/net/tun') ? test : test.skip;
  testTun('native: an interface that comes back with another link type gets another id', async () => {
    const source = await openLive('native', { interfaces: [pair.host] });
    await captureDuring(source, async () => {
      pair.unplug();
      await until(() => source.warnings.length > 0, 'the warning that it went away');
      execFileSync('ip', ['tuntap', 'add', 'mode', 'tun', 'name', pair.host]);
      execFileSync('ip', ['link', 'set', pair.host, 'up']);
      await until(() => source.warnings.some((text) => text.includes('came back')), 'its return');
    });
    expect(source.interfaces.map(({ id, name, linkType }) => [id, name, linkType])).toEqual([
      [0, pair.host, 1],
      [1, pair.host, 101],
    ]);
    expect(source.interfaceStatistics()).toHaveLength(2);
  });

  test('native: the only interface goes away, and stop() still works', async () => {
    const source = await openLive('native', { interfaces: [pair.host], captureFilter: `udp port ${PORT}` });
    const packets = await captureDuring(source, async () => {
      await pair.sendToHost(2, PORT);
      pair.unplug();
      await until(() => source.warnings.length > 0, 'the warning that it went away');
    });
    expect(packets).toHaveLength(2);
    expect(source.end).toEqual({ reason: 'stopped' });
    expect(source.warnings[0]).toContain('the capture waits for it to come back');
  });

  test('native: an interface that is set down and up again is said to be, and loses nothing else', async () => {
    const source = await openLive('native', { interfaces: [pair.host], captureFilter: `udp port ${PORT}` });
    const all = readAll(source);
    await pair.sendToHost(1, PORT, 'before');
    await pair.run('ip', 'link', 'set', pair.peer, 'down'); // no carrier: that is not the interface's being down
    await pair.run('ip', 'link', 'set', pair.peer, 'up');
    execFileSync('ip', ['link', 'set', pair.host, 'down']);
    await until(() => source.warnings.some((text) => text.includes('is down')), 'the warning that it is down');
    execFileSync('ip', ['link', 'set', pair.host, 'up']);
    await until(() => source.warnings.some((text) => text.includes('up again')), 'the warning that it is up');
    await pair.sendToHost(1, PORT, 'after');
    await pause(100);
    await source.stop();
    expect(udpTo(await all, 1, PORT).map(({ text }) => text)).toEqual(['before 1', 'after 1']);
  });

  test('cap: an interface that goes away ends the capture in words, and not this process', async () => {
    const source = await openLive('cap', { interfaces: [pair.host], captureFilter: `udp port ${PORT}` });
    const packets = readAll(source);
    await pair.sendToHost(2, PORT);
    await pause(200);
    pair.unplug();
    await source.next();
    expect(await packets).toHaveLength(2);
    expect(source.end).toMatchObject({ reason: 'lost' });
    expect(source.end?.detail).toContain('the native engine waits for it');
    await source.stop();
  });

  test('raw-socket: ICMP over IPv4 as it came, over IPv6 with the header rebuilt', async () => {
    const six = createPair({ ipv6: true });
    try {
      const source = await openLive('raw-socket', { interfaces: ['icmp', 'icmp6'] });
      // Nobody listens on the port there: "port unreachable" comes back.
      const packets = await captureDuring(source, async () => {
        await sendFromHere(1, six.peerAddress);
        await sendFromHere(1, six.peerAddress6);
        await pause(50);
      });
      const four = packets.find(({ interfaceId, data }) => interfaceId === 0 && data[20] === 3);
      expect(four?.data.subarray(12, 20)).toEqual(Buffer.from([six.peerAddress, six.hostAddress].flatMap(octets)));
      const header = packets.find(({ interfaceId, data }) => interfaceId === 1 && data[40] === 1)?.data;
      expect(header?.[0]).toBe(0x60);
      expect(header?.readUInt16BE(4)).toBe((header?.length ?? 0) - 40);
      expect(header?.[6]).toBe(58);
      expect(header?.[23]).toBe(2); // …::2, the peer
      expect(header?.[39]).toBe(1); // …::1, found by the checksum
      expect(header?.subarray(8, 23)).toEqual(header?.subarray(24, 39));
      expect(source.interfaces.map(({ linkType }) => linkType)).toEqual([101, 101]);
      expect(source.interfaces[1].comment).toContain('rebuilt');
    } finally {
      six.close();
    }
  });

  test('lists the interfaces with their addresses and link types', async () => {
    const found = await listInterfaces();
    const mine = found.find(({ name }) => name === pair.host);
    expect(mine).toMatchObject({ addresses: [pair.hostAddress], loopback: false, up: true, running: true });
    expect(mine?.linkTypes[0]).toBe(1);
    expect(mine?.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(found.find(({ name }) => name === 'lo')).toMatchObject({ loopback: true, up: true, mac: null });
    expect(found.find(({ name }) => name === 'any')?.linkTypes).toEqual(expect.arrayContaining([113, SLL2]));
    const fallback = listWithoutAddon().find(({ name }) => name === pair.host);
    expect(fallback).toMatchObject({ addresses: [pair.hostAddress], mac: mine?.mac, up: true, linkTypes: [] });
  });
});

function octets(address: string): number[] {
  return address.split('.').map(Number);
}
