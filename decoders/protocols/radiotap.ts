/** Radiotap: what the radio says of a frame of IEEE 802.11, in front of it. Little-endian, as the documents say. */

import { type Body, bits, type Field, flag, group, int, protocol, spare, uint, uintLE } from '../core/index.js';

const FIXED_OCTETS = 4;
const WORD_OCTETS = 4;
const RADIOTAP_NAMESPACE = 29;
const VENDOR_NAMESPACE = 30;
const EXTENSION = 31;
const EXTENSION_MASK = 0x80000000;

/** Alignment and size of the fields by the bit that announces them (https://www.radiotap.org/fields/defined). */
const layout: readonly (readonly [number, number])[] = [
  [8, 8],
  [1, 1],
  [1, 1],
  [2, 4],
  [1, 2],
  [1, 1],
  [1, 1],
  [2, 2],
  [2, 2],
  [2, 2],
  [1, 1],
  [1, 1],
  [1, 1],
  [1, 1],
  [2, 2],
  [2, 2],
  [1, 1],
  [1, 1],
  [4, 8],
  [1, 3],
  [4, 8],
  [2, 12],
  [8, 12],
  [2, 12],
  [2, 12],
  [2, 6],
  [1, 1],
  [2, 4],
];
const FLAGS = 1;

/** Offset in the view of the first octet behind the words that say what is present; `end` when they do not end. */
function presenceEnd(view: DataView, start: number, end: number): number {
  let at = start + FIXED_OCTETS;
  while (at + WORD_OCTETS <= end) {
    at += WORD_OCTETS;
    if ((view.getUint32(at - WORD_OCTETS, true) & EXTENSION_MASK) === 0) return at;
  }
  return end;
}

/** Radiotap's alignment counts from the header's start. */
function aligned(start: number, at: number, alignment: number): number {
  return start + Math.ceil((at - start) / alignment) * alignment;
}

/** The flags of the frame behind the radiotap header at `start`; 0 when the header has none. */
export function radiotapFlags(view: DataView, start: number, end: number): number {
  if (start + 8 > end) return 0;
  const present = view.getUint32(start + FIXED_OCTETS, true);
  if ((present & (1 << FLAGS)) === 0) return 0;
  const at = presenceEnd(view, start, end);
  const flags = (present & 1) === 0 ? at : aligned(start, at, 8) + 8;
  return flags < end ? view.getUint8(flags) : 0;
}

/** The frame ends with its check sequence. */
export const HAS_CHECK_SEQUENCE = 0x10;
/** There is padding between the frame's header and its body, so that this begins on a 32-bit word. */
export const HAS_PADDING = 0x20;

/** Calls back for every field of the first namespace: its bit and where it stands. */
export function radiotapFields(
  view: DataView,
  start: number,
  end: number,
  visit: (bit: number, at: number, octets: number) => void,
): void {
  let at = presenceEnd(view, start, end);
  let base = 0;
  for (let word = start + FIXED_OCTETS; word + WORD_OCTETS <= end; word += WORD_OCTETS) {
    const present = view.getUint32(word, true);
    for (let bit = 0; bit < RADIOTAP_NAMESPACE; bit++) {
      if ((present & (1 << bit)) === 0) continue;
      const known = layout[base + bit];
      // What stands behind an unknown field cannot be found.
      if (known === undefined) return;
      at = aligned(start, at, known[0]);
      if (at + known[1] > end) return;
      visit(base + bit, at, known[1]);
      at += known[1];
    }
    if ((present & EXTENSION_MASK) === 0 || (present & (1 << VENDOR_NAMESPACE)) !== 0) return;
    base = (present & (1 << RADIOTAP_NAMESPACE)) === 0 ? base + EXTENSION + 1 : 0;
  }
}

const present = (name: string, title: string) => flag(title, { filter: `radiotap.present.${name}` });

/** Bits of one octet are written from the highest down, and the lowest octet stands first. */
const presenceParts = {
  lock_quality: present('lock_quality', 'Lock Quality'),
  dbm_antnoise: present('dbm_antnoise', 'dBm Antenna Noise'),
  dbm_antsignal: present('dbm_antsignal', 'dBm Antenna Signal'),
  fhss: present('fhss', 'FHSS'),
  channel: present('channel', 'Channel'),
  rate: present('rate', 'Rate'),
  flags: present('flags', 'Flags'),
  tsft: present('tsft', 'TSFT'),
  txflags: present('txflags', 'TX flags'),
  rxflags: present('rxflags', 'RX flags'),
  db_antnoise: present('db_antnoise', 'dB Antenna Noise'),
  db_antsignal: present('db_antsignal', 'dB Antenna Signal'),
  antenna: present('antenna', 'Antenna'),
  dbm_tx_power: present('dbm_tx_power', 'dBm TX Power'),
  db_tx_attenuation: present('db_tx_attenuation', 'dB TX Attenuation'),
  tx_attenuation: present('tx_attenuation', 'TX Attenuation'),
  he: present('he', 'HE information'),
  timestamp: present('timestamp', 'frame timestamp'),
  vht: present('vht', 'VHT information'),
  ampdu: present('ampdu', 'A-MPDU Status'),
  mcs: present('mcs', 'MCS information'),
  xchannel: present('xchannel', 'Channel+'),
  data_retries: present('data_retries', 'data retries'),
  rts_retries: spare(1),
  ext: present('ext', 'Ext'),
  vendor_ns: present('vendor_ns', 'Vendor NS next'),
  rtap_ns: present('rtap_ns', 'Radiotap NS next'),
  tlv: present('tlv', 'TLVs'),
  l_sig: present('l_sig', 'L-SIG'),
  psdu: present('0_length.psdu', '0 Length PSDU'),
  he_mu_user: spare(1),
  he_mu: present('he_mu', 'HE-MU information'),
};

const tx = (name: string, title: string) => flag(title, { filter: `radiotap.rxflags.${name}` });

/** Radiotap capture header. */
export const radiotap = protocol('radiotap', 'Radiotap Header', {
  reference: 'https://www.radiotap.org',
  role: 'link',
  column: 'Radiotap',
  carriedBy: { linktype: 127 },
  header: {
    version: uint(8, 'Header revision'),
    pad: uint(8, 'Header pad'),
    length: uintLE(16, 'Header length'),
  },
  fields: {
    present: group('Present flags'),
    'present.word': bits(32, 'Present flags word', presenceParts, { base: 16, littleEndian: true }),
    // A word that continues another names fields beyond the 32nd, of which there are none.
    continued: bits(
      32,
      'Present flags word',
      {
        before: spare(24),
        ext: present('ext', 'Ext'),
        vendor_ns: present('vendor_ns', 'Vendor NS next'),
        rtap_ns: present('rtap_ns', 'Radiotap NS next'),
        after: spare(5),
      },
      { base: 16, littleEndian: true, filter: 'radiotap.present.word' },
    ),
    mactime: uintLE(64, 'MAC timestamp'),
    flags: bits(
      8,
      'Flags',
      {
        shortgi: flag('Short GI'),
        badfcs: flag('Bad FCS'),
        datapad: flag('Data Pad'),
        fcs: flag('FCS at end'),
        frag: flag('Fragmentation'),
        wep: flag('WEP'),
        preamble: flag('Preamble'),
        cfp: flag('CFP'),
      },
      { base: 16 },
    ),
    datarate: uint(8, 'Data Rate', { scale: 0.5, unit: 'Mb/s' }),
    'channel.freq': uintLE(16, 'Channel frequency', { unit: 'MHz' }),
    'channel.flags': bits(
      16,
      'Channel flags',
      {
        '2ghz': flag('2 GHz spectrum'),
        ofdm: flag('Orthogonal Frequency-Division Multiplexing (OFDM)'),
        cck: flag('Complementary Code Keying (CCK)'),
        turbo: flag('Turbo'),
        unused: spare(1),
        '900mhz': flag('900 MHz spectrum'),
        '800mhz': flag('800 MHz spectrum'),
        '700mhz': flag('700 MHz spectrum'),
        quarter: flag('Quarter Rate Channel (5MHz Channel Width)'),
        half: flag('Half Rate Channel (10MHz Channel Width)'),
        sturbo: flag('Static Turbo'),
        gsm: flag('GSM (900MHz)'),
        gfsk: flag('Gaussian Frequency Shift Keying (GFSK)'),
        dynamic: flag('Dynamic CCK-OFDM'),
        passive: flag('Passive'),
        '5ghz': flag('5 GHz spectrum'),
      },
      { base: 16, littleEndian: true },
    ),
    'fhss.hopset': uint(8, 'FHSS Hop Set'),
    'fhss.pattern': uint(8, 'FHSS Pattern'),
    dbm_antsignal: int(8, 'Antenna signal', { unit: 'dBm' }),
    dbm_antnoise: int(8, 'Antenna noise', { unit: 'dBm' }),
    quality: uintLE(16, 'Signal Quality'),
    txattenuation: uintLE(16, 'TX attenuation'),
    db_txattenuation: uintLE(16, 'TX attenuation (dB)'),
    txpower: int(8, 'Transmit power', { unit: 'dBm' }),
    antenna: uint(8, 'Antenna'),
    db_antsignal: uint(8, 'dB antenna signal', { unit: 'dB' }),
    db_antnoise: uint(8, 'dB antenna noise', { unit: 'dB' }),
    rxflags: bits(
      16,
      'RX flags',
      { before: spare(6), badplcp: flag('Bad PLCP'), after: spare(9) },
      { base: 16, littleEndian: true },
    ),
    txflags: bits(
      16,
      'TX flags',
      {
        before: spare(2),
        order: tx('order', 'Order'),
        noseqno: tx('noseqno', 'Has Seqnum'),
        noack: tx('noack', 'No ACK'),
        rts: tx('rts', 'RTS/CTS'),
        cts: tx('cts', 'CTS'),
        fail: tx('fail', 'Fail'),
        after: spare(8),
      },
      { base: 16, littleEndian: true },
    ),
    data_retries: uint(8, 'data retries'),
    mcs: group('MCS information'),
    'mcs.known': bits(
      8,
      'Known MCS information',
      {
        ness_bit1: spare(1),
        have_ness: flag('Number of extension spatial streams', { filter: 'radiotap.mcs.have_ness' }),
        have_stbc: flag('STBC streams', { filter: 'radiotap.mcs.have_stbc' }),
        have_fec: flag('FEC type', { filter: 'radiotap.mcs.have_fec' }),
        have_format: flag('Format', { filter: 'radiotap.mcs.have_format' }),
        have_gi: flag('Guard interval', { filter: 'radiotap.mcs.have_gi' }),
        have_index: flag('MCS index', { filter: 'radiotap.mcs.have_index' }),
        have_bw: flag('Bandwidth', { filter: 'radiotap.mcs.have_bw' }),
      },
      { base: 16 },
    ),
    'mcs.bw': uint(8, 'Bandwidth', { labels: { 0: '20 MHz', 1: '40 MHz', 2: '20 MHz lower', 3: '20 MHz upper' } }),
    'mcs.gi': uint(8, 'Guard interval', { labels: { 0: 'long', 1: 'short' } }),
    'mcs.format': uint(8, 'Format', { labels: { 0: 'mixed', 1: 'greenfield' } }),
    'mcs.fec': uint(8, 'FEC type', { labels: { 0: 'BCC', 1: 'LDPC' } }),
    'mcs.stbc': uint(8, 'STBC streams'),
    'mcs.index': uint(8, 'MCS index'),
  },
  headerLength: (read, view, start) => read.length(view, start),
  next: { table: 'radiotap.payload', value: () => 0 },
  body: (body, field) => {
    const { view, start, end } = body;
    // What another version's fields are nobody knows.
    if (view.getUint8(start) !== 0) body.fail('a version of the radiotap header that is not known');
    const words = presenceEnd(view, start, end);
    body.group(field.present, () => {
      let restarts = true;
      while (body.position < words) {
        body.number(restarts ? field['present.word'] : field.continued);
        restarts = (view.getUint8(body.position - 1) & 0x20) !== 0;
      }
    });
    radiotapFields(view, start, end, (bit, at, octets) => {
      if (at > body.position) body.skip(at - body.position);
      const read = readers[bit];
      if (read === undefined) body.skip(octets);
      else read(body, field);
    });
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end }) =>
    start + FIXED_OCTETS > end
      ? 'Cut radiotap header'
      : `Radiotap Capture v${view.getUint8(start)}, Length ${view.getUint16(start + 2, true)}`,
});

type Fields = Readonly<Record<string, Field>>;
const one =
  (key: string) =>
  (body: Body, field: Fields): void => {
    body.take(field[key]);
  };

const readers: Readonly<Record<number, (body: Body, field: Fields) => void>> = {
  0: one('mactime'),
  [FLAGS]: one('flags'),
  2: one('datarate'),
  3: (body, field) => {
    body.number(field['channel.freq']);
    body.number(field['channel.flags']);
  },
  4: (body, field) => {
    body.number(field['fhss.hopset']);
    body.number(field['fhss.pattern']);
  },
  5: one('dbm_antsignal'),
  6: one('dbm_antnoise'),
  7: one('quality'),
  8: one('txattenuation'),
  9: one('db_txattenuation'),
  10: one('txpower'),
  11: one('antenna'),
  12: one('db_antsignal'),
  13: one('db_antnoise'),
  14: one('rxflags'),
  15: one('txflags'),
  17: one('data_retries'),
  19: modulation,
};

/** Which of the modulation and coding scheme's properties are known, and those (https://www.radiotap.org/fields/MCS). */
function modulation(body: Body, field: Fields): void {
  body.group(field['mcs'], () => {
    const rate = body.remaining >= 3 ? modulationRate(body.view, body.position) : undefined;
    const known = body.number(field['mcs.known']);
    const flags = body.peek8();
    const at = body.position;
    body.skip(1);
    const show = (mask: number, key: string, value: number): void => {
      if ((known & mask) !== 0) body.derived(field[key], value, undefined, at, 1);
    };
    show(0x01, 'mcs.bw', flags & 3);
    show(0x04, 'mcs.gi', (flags >> 2) & 1);
    show(0x08, 'mcs.format', (flags >> 3) & 1);
    show(0x10, 'mcs.fec', (flags >> 4) & 1);
    show(0x20, 'mcs.stbc', (flags >> 5) & 3);
    if ((known & 0x02) === 0) body.skip(1);
    else body.number(field['mcs.index']);
    if (rate !== undefined) body.derived(field['datarate'], rate, undefined, at - 1, 3);
  });
}

/** Mb/s of one spatial stream in 20 and 40 MHz with the long guard interval (IEEE 802.11, tables 19-27 and 19-31). */
const rates = [
  [6.5, 13, 19.5, 26, 39, 52, 58.5, 65],
  [13.5, 27, 40.5, 54, 81, 108, 121.5, 135],
];

/** The data rate of a modulation and coding scheme up to 31, in Mb/s, with one decimal. */
function rateOf(index: number, wide: boolean, short: boolean): number {
  const rate = rates[wide ? 1 : 0][index & 7] * ((index >> 3) + 1);
  return Math.round((short ? rate / 0.9 : rate) * 10) / 10;
}

/** The same from the three octets of the field; undefined when they do not say enough. */
function modulationRate(view: DataView, at: number): number | undefined {
  const known = view.getUint8(at);
  const index = view.getUint8(at + 2);
  if ((known & 7) !== 7 || index > 31) return undefined;
  return rateOf(index, (view.getUint8(at + 1) & 3) === 1, (view.getUint8(at + 1) & 4) !== 0);
}

/** Frequencies in MHz of channels: 2.4 GHz from 2407 on, with channel 14 apart; 5 GHz from 5000 on. */
function channelOf(frequency: number): number {
  if (frequency === 2484) return 14;
  if (frequency < 2484) return (frequency - 2407) / 5;
  return (frequency - 5000) / 5;
}

/** What the radio says, gathered from the header in front; Wireshark shows it as a layer without octets. */
export const wlanRadio = protocol('wlan_radio', '802.11 radio information', {
  reference: 'https://www.radiotap.org',
  column: '802.11 Radio',
  carriedBy: { 'radiotap.payload': 0 },
  header: {},
  fields: {
    data_rate: uint(8, 'Data rate', { unit: 'Mb/s' }),
    channel: uint(16, 'Channel'),
    frequency: uint(16, 'Frequency', { unit: 'MHz' }),
    signal_dbm: int(8, 'Signal strength (dBm)', { unit: 'dBm' }),
    signal_db: uint(8, 'Signal strength (dB)', { unit: 'dB' }),
    noise_dbm: int(8, 'Noise level (dBm)', { unit: 'dBm' }),
    noise_db: uint(8, 'Noise level (dB)', { unit: 'dB' }),
    snr: int(8, 'Signal/noise ratio (dB)', { unit: 'dB' }),
    timestamp: uint(64, 'TSF timestamp'),
  },
  next: { table: 'wlan.frame', value: () => 0 },
  body: (body, field) => {
    const { view, walk } = body;
    const carrier = body.depth - 1;
    const facts = new Map<number, number>();
    // Of what several antennas say, the first counts.
    radiotapFields(view, walk.start[carrier], walk.headerEnd[carrier], (bit, at) => {
      if (!facts.has(bit)) facts.set(bit, at);
    });
    const show = (bit: number, shown: Field, read: (at: number) => number | bigint): void => {
      const at = facts.get(bit);
      if (at !== undefined) body.derived(shown, read(at));
    };
    show(2, field.data_rate, (at) => view.getUint8(at) / 2);
    const scheme = facts.get(19);
    const rate = scheme === undefined ? undefined : modulationRate(view, scheme);
    if (rate !== undefined) body.derived(field.data_rate, rate);
    show(3, field.frequency, (at) => view.getUint16(at, true));
    const frequency = facts.get(3);
    const channel = frequency === undefined ? 0 : channelOf(view.getUint16(frequency, true));
    if (channel > 0 && Number.isInteger(channel) && channel <= 196) body.derived(field.channel, channel);
    show(12, field.signal_db, (at) => view.getUint8(at));
    show(5, field.signal_dbm, (at) => view.getInt8(at));
    show(13, field.noise_db, (at) => view.getUint8(at));
    show(6, field.noise_dbm, (at) => view.getInt8(at));
    const signal = facts.get(5);
    const noise = facts.get(6);
    if (signal !== undefined && noise !== undefined)
      body.derived(field.snr, view.getInt8(signal) - view.getInt8(noise));
    show(0, field.timestamp, (at) => view.getBigUint64(at, true));
  },
  info: () => '802.11 radio information',
});
