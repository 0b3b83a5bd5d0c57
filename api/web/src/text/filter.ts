import { count } from './app';

const percent = new Intl.NumberFormat('en-GB', { style: 'percent', maximumSignificantDigits: 2 });

export const filter = {
  label: 'Display filter',
  placeholder: 'All packets. Type a filter, for example dns or ip.addr == 10.0.0.1',
  form: 'Filter',
  apply: 'Apply',
  clear: 'Clear the filter',
  help: 'Examples',
  helpLong: 'Examples and recent filters',
  suggestions: 'Suggestions',
  recent: 'Recent',
  examples: 'Examples',
  kinds: { field: 'field', protocol: 'protocol', operator: 'operator', value: 'value', function: 'function' },
  checking: 'Checking …',
  good: 'Right so far. Enter applies it.',
  unchecked: 'The filter could not be checked: netglass does not answer.',
  all: (packets: number) => `No filter: all ${count(packets)} packets are shown. Press / to type one.`,
  none: 'No filter: every packet is shown. Press / to type one.',
  looking: (share: number, found: number) => `Looking … ${percent.format(share)}, ${count(found)} found so far`,
  matches: (found: number, of: number) =>
    found === of
      ? `All ${count(of)} packets match`
      : `${count(found)} of ${count(of)} packets match (${of === 0 ? '0 %' : percent.format(found / of)})`,
  limited: 'within the chosen time',
  plans: {
    all: '',
    columns: 'found by the index alone',
    'columns+decode': 'narrowed by the index, then decoded',
    decode: 'every packet is decoded, which takes longer',
  },
  /** The words first, then the filter that does it. */
  exampleList: [
    ['Only DNS: names being looked up', 'dns'],
    ['Pings', 'icmp || icmpv6'],
    ['Everything to or from one address', 'ip.addr == 127.0.0.1'],
    ['TCP handshakes: SYN and SYN-ACK', 'tcp.flags.syn == 1'],
    ['TCP connections being refused or reset', 'tcp.flags.reset == 1'],
    ['Web traffic: HTTP and TLS', 'http || tls'],
    ['One port, at either end', 'tcp.port == 8080 || udp.port == 8080'],
    ['TCP segments that carry data', 'tcp.len > 0'],
    ['Data sent again, or out of order', 'tcp.analysis.flags'],
    ['Packets with a word in them', 'frame contains "hello"'],
    ['All but ARP and IPv6 neighbours', '!arp && !icmpv6'],
    ['Packets longer than 1000 bytes', 'frame.len > 1000'],
  ] as readonly (readonly [string, string])[],
  menu: {
    label: 'Use as a filter',
    only: 'Only these',
    and: '… and these',
    or: '… or these',
    andNot: '… but not these',
    not: 'All but these',
    packets: 'Show these packets',
    copy: 'Copy as display filter',
    copied: 'Display filter',
  },
};
