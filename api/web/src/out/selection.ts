/** Which packets leave, as a capture filter. */

const HOST = /^(ip|ipv6)\.(addr|src|dst)$/;
const PORT = /^(tcp|udp)\.(port|srcport|dstport)$/;
const SIDES: Readonly<Record<string, string>> = {
  addr: '',
  src: 'src ',
  dst: 'dst ',
  port: '',
  srcport: 'src ',
  dstport: 'dst ',
};
const PROTOCOLS = new Set(['ip', 'ip6', 'tcp', 'udp', 'icmp', 'icmp6', 'arp', 'sctp']);
const RENAMED: Readonly<Record<string, string>> = { ipv6: 'ip6', icmpv6: 'icmp6' };

/**
 * The capture filter (BPF) that means the same as a display filter, where that is simple: protocols, addresses and ports
 * that are equal, joined by and, or, not.
 *
 * @returns '' for an empty filter; undefined where there is none that means the same
 */
export function captureFilterOf(filter: string): string | undefined {
  const tokens = filter.match(/&&|\|\||!(?!=)|[()]|==|[^\s()!&|=]+|\S/g) ?? [];
  const out: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    const word = token.toLowerCase();
    if (token === '(' || token === ')') out.push(token);
    else if (token === '&&' || word === 'and') out.push('and');
    else if (token === '||' || word === 'or') out.push('or');
    else if (token === '!' || word === 'not') out.push('not');
    else if (tokens[at + 1] === '==' || tokens[at + 1] === 'eq') {
      const one = equality(word, tokens[at + 2] ?? '');
      if (one === undefined) return undefined;
      out.push(one);
      at += 2;
    } else {
      const protocol = RENAMED[word] ?? word;
      if (!PROTOCOLS.has(protocol)) return undefined;
      out.push(protocol);
    }
  }
  return out.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
}

function equality(field: string, value: string): string | undefined {
  const host = HOST.exec(field);
  if (host !== null && /^[\da-f.:]+(\/\d+)?$/i.test(value))
    return `${SIDES[host[2]]}${value.includes('/') ? 'net' : 'host'} ${value}`;
  const port = PORT.exec(field);
  if (port !== null && /^\d+$/.test(value)) return `${port[1]} ${SIDES[port[2]]}port ${value}`;
  return undefined;
}
