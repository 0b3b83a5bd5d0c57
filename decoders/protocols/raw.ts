import { protocol } from '../core/index.js';

/** Raw IP: no link header at all; the packet's first four bits say which IP it is. */
export const raw = protocol('raw', 'Raw packet data', {
  reference: 'https://www.tcpdump.org/linktypes.html, LINKTYPE_RAW',
  role: 'link',
  // 101 is LINKTYPE_RAW; files also have the DLT_RAW of BSD/OS and OpenBSD, 12 and 14.
  carriedBy: { linktype: [12, 14, 101] },
  header: {},
  next: {
    table: 'raw.version',
    value: (_read, view, start, _end, walk) => (start < walk.capturedEnd ? view.getUint8(start) >> 4 : -1),
  },
  info: () => 'Raw packet data',
});
