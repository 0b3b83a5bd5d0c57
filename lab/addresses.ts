/** Addresses as texts and numbers, names, and well-known ports: inet(3), gethostbyname(3), services(5). */

import { lookup, lookupService } from 'node:dns/promises';
import { z } from 'zod';
import { hexNumber } from '../decoders/core/format.js';
import type { Code } from './demo.js';
import { demo } from './demo.js';
import { INADDR_NONE, inetAton, inetLnaof, inetMakeaddr, inetNetof, inetNetwork, inetNtoa } from './inet.js';
import { services } from './services.js';
import type { Stage } from './stage.js';
import type { Outcome } from './step.js';

/** Milliseconds after which a resolver is not waited for any more; its own patience is often 10 s. */
const PATIENCE = 12_000;
/** It opens sockets of its own: whatever is captured meanwhile is its. */
const RESOLVER = { local: { address: '0.0.0.0', port: null } };
/** What the table of ports shows, where `/etc/services` has it. */
const WELL_KNOWN = [
  'echo',
  'discard',
  'daytime',
  'ftp-data',
  'ftp',
  'ssh',
  'telnet',
  'smtp',
  'domain',
  'tftp',
  'http',
  'pop3',
  'ntp',
  'imap2',
  'snmp',
  'https',
];

const dotted = z
  .string()
  .refine((text) => inetAton(text) !== undefined, { error: 'this is no IPv4 address, for example 192.168.1.10' });
const name = (standard: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,253}$/, { error: 'this is no host name' })
    .default(standard);

export const addresses = demo({
  name: 'addresses',
  title: 'Addresses, names and ports',
  shows:
    'An IPv4 address is a number of 32 bits; inet_aton and inet_ntoa turn it from text and back. inet_network, inet_makeaddr, inet_netof and inet_lnaof take it apart into network and host by the classes A, B and C, as the Internet did before there were netmasks; they still exist, and are still wrong for most networks of today. gethostbyname and gethostbyaddr ask /etc/hosts first and then a name server: those questions and answers are in the capture. Last, the well-known ports, from /etc/services.',
  parameters: z.strictObject({
    address: dotted.default('192.168.1.10').describe('The IPv4 address that is taken apart.'),
    host: name('www.example.com').describe(
      'The name that is looked up, with a name server where /etc/hosts does not have it.',
    ),
  }),
  capture: () => ({ interfaces: ['any'], filter: 'port 53 or port 5353' }),
  view: () => 'dns || mdns',

  async run(stage, { address, host }) {
    await takeApart(stage, address);
    await lookUp(stage, 'localhost', '/etc/hosts has it: no packet.');
    const found = await lookUp(
      stage,
      host,
      'A question to the name server of /etc/resolv.conf, unless /etc/hosts has it.',
    );
    await lookBack(stage, '127.0.0.1', '/etc/hosts again.');
    if (found !== undefined)
      await lookBack(stage, found, 'A question for the PTR record of its octets backwards, below in-addr.arpa.');
    await wellKnown(stage);
  },
});

async function takeApart(stage: Stage, text: string): Promise<void> {
  const number = inetAton(text) ?? 0;
  const network = inetNetof(number);
  const host = inetLnaof(number);
  const C = 'struct in_addr a;\n';
  await compute(stage, 'inet_aton', `"${text}"`, `1, a.s_addr = htonl(${hexadecimal(number)})`, {
    python: `socket.inet_aton("${text}")`,
    c: `${C}inet_aton("${text}", &a);`,
    typescript: `net.isIPv4('${text}');\n// The nearest: Node only checks; it keeps addresses as text.`,
  });
  await compute(stage, 'inet_ntoa', `htonl(${hexadecimal(number)})`, `"${inetNtoa(number)}"`, {
    python: `socket.inet_ntoa(struct.pack("!I", ${hexadecimal(number)}))`,
    c: `${C}a.s_addr = htonl(${hexadecimal(number)});\ninet_ntoa(a);`,
    typescript: `Buffer.from([${inetNtoa(number).split('.').join(', ')}]).join('.');\n// The nearest: Node has no such call.`,
  });
  const noPython = '# Python has no such call; ipaddress.ip_network knows netmasks instead of classes.';
  const noNode = '// Node has no such call; net.BlockList knows prefixes instead of classes.';
  await compute(
    stage,
    'inet_network',
    `"${text}"`,
    networkText(inetNetwork(text)),
    {
      python: noPython,
      c: `in_addr_t n = inet_network("${text}");`,
      typescript: noNode,
    },
    'The same number in host order, as inet_makeaddr and the others take it.',
  );
  await compute(
    stage,
    'inet_netof',
    inetNtoa(number),
    `${network} (${classOf(number)})`,
    {
      python: noPython,
      c: 'in_addr_t network = inet_netof(a);',
      typescript: noNode,
    },
    'The class says how many octets are the network’s: A one, B two, C three.',
  );
  await compute(stage, 'inet_lnaof', inetNtoa(number), String(host), {
    python: noPython,
    c: 'in_addr_t host = inet_lnaof(a);',
    typescript: noNode,
  });
  await compute(
    stage,
    'inet_makeaddr',
    `${network}, ${host}`,
    inetNtoa(inetMakeaddr(network, host)),
    {
      python: noPython,
      c: `struct in_addr b = inet_makeaddr(${network}, ${host});`,
      typescript: noNode,
    },
    'And together again.',
  );
}

const hexadecimal = (value: number): string => hexNumber(value, 32);
const networkText = (value: number): string => (value === INADDR_NONE ? 'INADDR_NONE' : hexadecimal(value));
const classOf = (address: number): string =>
  address < 0x80000000
    ? 'class A'
    : address < 0xc0000000
      ? 'class B'
      : address < 0xe0000000
        ? 'class C'
        : 'beyond class C';

function compute(stage: Stage, call: string, given: string, result: string, code: Code, note?: string): Promise<void> {
  const telling = { end: 'program', call, arguments: [given], code, ...(note === undefined ? {} : { note }) };
  return stage.step(telling, () => ({ value: undefined, result }));
}

/** @returns its first IPv4 address; undefined where it has none, or nobody answers */
function lookUp(stage: Stage, host: string, note: string): Promise<string | undefined> {
  const code: Code = {
    python: `socket.gethostbyname("${host}")`,
    c: `struct hostent *h = gethostbyname("${host}");\n/* Today: getaddrinfo, which knows IPv6 too. */`,
    typescript: `await dns.promises.lookup('${host}', { family: 4 }); // getaddrinfo`,
  };
  const telling = {
    end: 'program',
    call: 'gethostbyname',
    arguments: [`"${host}"`],
    code,
    note,
    look: 'dns',
    does: 'sends' as const,
  };
  return stage.step(telling, () =>
    resolved(
      stage,
      lookup(host, { family: 4, all: true }).then((all) => all.map(({ address }) => address)),
    ),
  );
}

function lookBack(stage: Stage, address: string, note: string): Promise<string | undefined> {
  const code: Code = {
    python: `socket.gethostbyaddr("${address}")`,
    c: `struct in_addr a;\ninet_aton("${address}", &a);\nstruct hostent *h = gethostbyaddr(&a, sizeof a, AF_INET);\n/* Today: getnameinfo. */`,
    typescript: `await dns.promises.lookupService('${address}', 80); // getnameinfo`,
  };
  const telling = {
    end: 'program',
    call: 'gethostbyaddr',
    arguments: [`"${address}"`],
    code,
    note,
    look: 'dns.qry.type == 12',
    does: 'sends' as const,
  };
  return stage.step(telling, () =>
    resolved(
      stage,
      lookupService(address, 80).then(({ hostname }) => [hostname]),
    ),
  );
}

/** What a resolver finds, or in words that it finds nothing; it is asked in a thread that nobody can stop. */
async function resolved(stage: Stage, asked: Promise<readonly string[]>): Promise<Outcome<string | undefined>> {
  let answer: { readonly found: readonly string[] } | { readonly error: string } | undefined;
  void asked.then(
    (found) => {
      answer = { found };
    },
    (error: NodeJS.ErrnoException) => {
      answer = { error: error.code ?? error.message };
    },
  );
  if (!(await stage.until(() => answer !== undefined, PATIENCE))) {
    return { value: undefined, result: 'NULL ETIMEDOUT', error: 'ETIMEDOUT', touch: RESOLVER };
  }
  if (answer !== undefined && 'found' in answer)
    return {
      value: answer.found[0],
      result: answer.found.join(', '),
      touch: RESOLVER,
      ...(answer.found.length === 0 ? { error: 'ENOTFOUND' } : {}),
    };
  const error = answer?.error ?? 'ENOTFOUND';
  return { value: undefined, result: `NULL ${error}`, error, touch: RESOLVER };
}

function wellKnown(stage: Stage): Promise<void> {
  const code: Code = {
    python: 'socket.getservbyname("http", "tcp")',
    c: 'struct servent *s = getservbyname("http", "tcp");\n/* s->s_port is in network order: ntohs(s->s_port) */',
    typescript: "fs.readFileSync('/etc/services', 'utf8');\n// The nearest: Node has no getservbyname.",
  };
  const note =
    'Names of ports, as the machine’s own /etc/services has them. Below 1024 only root may bind one on most systems.';
  return stage.step({ end: 'program', call: 'getservbyname', arguments: ['"http"', '"tcp"'], code, note }, () => {
    const all = services();
    const http = all.find((one) => one.name === 'http' && one.protocol === 'tcp');
    const rows = all
      .filter((one) => WELL_KNOWN.includes(one.name) && (one.protocol === 'tcp' || one.protocol === 'udp'))
      .sort((a, b) => a.port - b.port)
      .map((one) =>
        `${one.name.padEnd(10)} ${`${one.port}/${one.protocol}`.padEnd(10)} ${one.aliases.join(' ')}`.trimEnd(),
      );
    const missing = 'This machine has no /etc/services.';
    return {
      value: undefined,
      result: http === undefined ? 'NULL' : String(http.port),
      output: rows.join('\n') || missing,
    };
  });
}
