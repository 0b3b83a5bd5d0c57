import { protocol, uint, uintLE } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

/** Address families as the BSDs and macOS number them; AF_INET6 differs (NetBSD 24, FreeBSD 28, macOS 30, Linux 10). */
const families = {
  2: 'IP',
  7: 'ISO',
  10: 'IPv6 (Linux)',
  16: 'AppleTalk',
  23: 'IPX',
  24: 'IPv6 (NetBSD, OpenBSD)',
  28: 'IPv6 (FreeBSD)',
  30: 'IPv6 (macOS)',
};

/** Families are small numbers: what is more than this in one byte order is meant in the other. */
const LARGEST_FAMILY = 0xffff;
/** Some captures have an EtherType in the place of the family; it is above every length (IEEE 802.3). */
const LARGEST_LENGTH = 1500;

/**
 * The family in whichever byte order the capturing host had; or an EtherType, which some writers have in its place, in
 * network byte order behind two other octets.
 */
function family(view: DataView, start: number): number {
  const big = view.getUint32(start);
  if (big <= LARGEST_FAMILY) return big;
  const little = view.getUint32(start, true);
  return little <= LARGEST_FAMILY ? little : view.getUint16(start + 2);
}

/** BSD loopback: `null` has the host's byte order, `loop` (OpenBSD) the network's. */
export const nullLoop = protocol('null', 'Null/Loopback', {
  reference: 'https://www.tcpdump.org/linktypes.html, LINKTYPE_NULL',
  role: 'link',
  column: 'Null',
  carriedBy: { linktype: [0, 108] },
  // The one number there is has no fixed byte order.
  header: {},
  fields: {
    family: uintLE(32, 'Family', { labels: families }),
    type: uint(16, 'Type', { base: 16, labels: etherTypes }),
  },
  headerLength: () => 4,
  next: [
    {
      table: 'raw.version',
      value: (_read, view, start) => {
        const value = family(view, start);
        if (value === 2) return 4;
        return value === 10 || value === 24 || value === 28 || value === 30 ? 6 : -1;
      },
    },
    {
      table: 'eth.type',
      value: (_read, view, start) => {
        const value = family(view, start);
        return value > LARGEST_LENGTH && value <= LARGEST_FAMILY ? value : -1;
      },
    },
  ],
  body: (body, field) => {
    body.need(4, 'Family');
    const value = family(body.view, body.start);
    const isType = value > LARGEST_LENGTH && value <= LARGEST_FAMILY;
    body.found(isType ? field.type : field.family, value, body.start, 4);
    body.position += 4;
  },
  info: () => 'Null/Loopback',
});
