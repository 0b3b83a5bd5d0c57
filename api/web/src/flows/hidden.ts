/**
 * Challenge mode among conversations: what tells a hidden field here. It imports nothing, so that it can be tested
 * without a browser.
 */

export interface Hidden {
  readonly addresses: boolean;
  readonly ports: boolean;
  /** Which protocol it is, below and above the transport. */
  readonly protocols: boolean;
  /** TCP's control bits, and what follows from them: states, and words about them. */
  readonly flags: boolean;
  readonly seq: boolean;
  readonly ack: boolean;
  /** How many octets. */
  readonly lengths: boolean;
  /** Sentences and contents, which may tell anything. */
  readonly words: boolean;
  readonly ttl: boolean;
}

const TELLS: Readonly<Record<Exclude<keyof Hidden, 'words'>, RegExp>> = {
  addresses: /^(eth|ip|ipv6|arp)\.(addr|src|dst|host|src_host|dst_host)/,
  ports: /^(tcp|udp|sctp|udplite)\.(port|srcport|dstport)/,
  protocols: /^(ip\.proto|ipv6\.nxt|eth\.type|frame\.protocols)/,
  flags: /^tcp\.(flags|connection|completeness|analysis)/,
  seq: /^tcp\.(seq|nxtseq|analysis)/,
  ack: /^tcp\.(ack|analysis)/,
  lengths: /^(tcp\.(len|nxtseq|seq|ack)|udp\.length|ip\.len|ipv6\.plen|frame\.(len|cap_len))/,
  ttl: /^(ip\.ttl|ipv6\.hlim)/,
};

/** What must not be shown while these fields are hidden. */
export function hiddenBy(names: ReadonlySet<string>): Hidden {
  const told = (what: RegExp) => [...names].some((name) => what.test(name));
  const entries = Object.entries(TELLS).map(([part, what]) => [part, told(what)]);
  return { ...(Object.fromEntries(entries) as Omit<Hidden, 'words'>), words: names.size > 0 };
}
