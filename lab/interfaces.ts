/** The interfaces of this machine, as `ifconfig` prints them, and how a packet moves their counters. */

import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { CaptureError } from '../captures/sources/source.js';
import { calls } from './calls.js';
import type { Code } from './demo.js';
import { demo } from './demo.js';
import { ifconfig } from './ifconfig.js';
import { address, bpfHost, networkInterface, port } from './parameters.js';
import { openSocket } from './sockets.js';
import type { Stage } from './stage.js';

export const interfaces = demo({
  name: 'interfaces',
  title: 'Interfaces and their addresses: ifconfig',
  shows:
    'What ifconfig prints: each interface with its flags, the largest packet it takes (mtu), its addresses with their netmasks and prefix lengths, its hardware address, and counters of what it has received and sent. A program gets the same from getifaddrs. Then one datagram goes to an address of this machine, and the counters of loopback are one higher in both directions, for what a machine sends to itself never leaves it, whichever of its addresses is named.',
  parameters: z.strictObject({ address, port: port(7011), interface: networkInterface }),
  capture: ({ interface: name, address, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and udp port ${port}`,
  }),
  view: ({ port }) => `udp.port == ${port}`,
  needs: ({ address, port }) => [{ transport: 'udp', address, port }],

  async run(stage, { address, port, interface: name }) {
    await listAddresses(stage);
    await printInterfaces(stage, undefined, 'All of them; RUNNING is one that has a carrier.');
    const server = await openSocket(stage, 'server', 'SOCK_DGRAM', address);
    await server.bind(address, port);
    const client = await openSocket(stage, 'client', 'SOCK_DGRAM', address);
    await printInterfaces(stage, name, 'Before: look at the counters.');
    await client.sendto(Buffer.from('counted'), address, port, { look: `udp.port == ${port}` });
    await server.recvfrom(2048);
    await printInterfaces(stage, name, 'After: one packet more, or some of other programs too.');
    await client.close();
    await server.close();
  },
});

function listAddresses(stage: Stage): Promise<void> {
  const code: Code = {
    python: 'socket.if_nameindex()\n# Addresses: psutil.net_if_addrs(), a package.',
    c: 'struct ifaddrs *list;\ngetifaddrs(&list);\n/* … */\nfreeifaddrs(list);',
    typescript: 'os.networkInterfaces();',
  };
  const note = 'Names, flags and addresses as a program gets them; node:os leaves out what is down or has no address.';
  return stage.step({ end: 'program', call: 'getifaddrs', arguments: [], code, note }, () => {
    const found = calls()
      .getifaddrs()
      .filter(({ family }) => family !== 0);
    const output = found
      .map(
        ({ name, family, address, netmask }) =>
          `${name}  ${family === 4 ? 'inet' : 'inet6'} ${address}  netmask ${netmask}`,
      )
      .join('\n');
    const nodes = Object.keys(networkInterfaces()).join(', ');
    return {
      value: undefined,
      result: `${found.length} addresses`,
      output: `${output}\nos.networkInterfaces(): ${nodes}`,
    };
  });
}

function printInterfaces(stage: Stage, name: string | undefined, note: string): Promise<void> {
  const shown = name ?? '-a';
  const code: Code = {
    python: `subprocess.run(["ifconfig", "${shown}"])`,
    c: `/* The program asks with ioctl(SIOCGIFFLAGS, SIOCGIFADDR, …) and reads /proc/net/dev. */\nsystem("ifconfig ${shown}");`,
    typescript: 'os.networkInterfaces();\n// The nearest: Node knows neither flags nor counters.',
  };
  return stage.step({ end: 'shell', call: 'ifconfig', arguments: [shown], code, note }, () => {
    if (process.platform !== 'linux')
      throw new CaptureError(
        'unsupported',
        'This demo reads the interfaces as Linux tells them.',
        'On this system: ifconfig -a',
      );
    const output = ifconfig(name);
    if (output === undefined) {
      const known = Object.keys(networkInterfaces()).join(', ');
      throw new CaptureError(
        'no-such-interface',
        `There is no interface ${JSON.stringify(name)}.`,
        `Interfaces here: ${known}`,
      );
    }
    return { value: undefined, result: '0', output };
  });
}
