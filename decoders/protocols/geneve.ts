import { bits, bytes, flag, protocol, spare, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

const FIXED_OCTETS = 8;
const OPTION_HEADER = 4;
const ETHERNET = 0x6558;
const ETHERNET_LINK = 1;

/** IANA "Network Virtualization Overlay (NVO3)", Geneve Option Class: those of whom options are seen. */
const optionClasses = {
  0x0100: 'Linux',
  0x0101: 'Open vSwitch',
  0x0102: 'Open Virtual Networking (OVN)',
  0x0103: 'In-band Network Telemetry (INT)',
  0x0104: 'VMware',
  0x0108: 'Amazon',
  0x0109: 'Cisco',
};

/** Generic Network Virtualization Encapsulation, RFC 8926. */
export const geneve = protocol('geneve', 'Generic Network Virtualization Encapsulation', {
  reference: 'RFC 8926, section 3.4',
  column: 'Geneve',
  carriedBy: { 'udp.port': 6081 },
  header: {
    version: uint(2, 'Version'),
    // The length of all options, which Wireshark shows under the name that the options' own lengths have too.
    words: spare(6),
    flags: bits(
      8,
      'Flags',
      {
        oam: flag('Operations, Administration and Management Frame'),
        critical: flag('Critical Options Present'),
        reserved: flag('Reserved', { bits: 6 }),
      },
      { base: 16 },
    ),
    proto_type: uint(16, 'Protocol Type', {
      base: 16,
      labels: { ...etherTypes, [ETHERNET]: 'Transparent Ethernet bridging' },
    }),
    vni: uint(24, 'Virtual Network Identifier (VNI)', { base: 16 }),
    reserved: uint(8, 'Reserved', { base: 16 }),
  },
  fields: {
    options: bytes(0, 'Options'),
    option: bytes(0, 'Option'),
    'option.class': uint(16, 'Class', { base: 16, labels: optionClasses }),
    'option.type': bits(8, 'Type', { critical: flag('Critical Option'), number: spare(7) }, { base: 16 }),
    optionFlags: bits(
      8,
      'Flags and length',
      {
        flags: bits(
          3,
          'Flags',
          { reserved: flag('Reserved', { bits: 3 }) },
          { base: 16, filter: 'geneve.option.flags' },
        ),
        words: spare(5),
      },
      { bare: true },
    ),
    'option.length': uint(8, 'Length', { unit: 'bytes' }),
    'option.unknown.data': bytes(0, 'Unknown Option Data'),
  },
  headerLength: (_read, view, start) => FIXED_OCTETS + (view.getUint8(start) & 0x3f) * 4,
  next: [
    {
      table: 'linktype',
      value: (read, view, start) => (read.proto_type(view, start) === ETHERNET ? ETHERNET_LINK : -1),
    },
    { table: 'eth.type', value: (read, view, start) => read.proto_type(view, start) },
  ],
  body: (body, field) => {
    const { view, start } = body;
    const octets = (view.getUint8(start) & 0x3f) * 4;
    body.derived(field['option.length'], octets, undefined, start, 1);
    if (octets > 0) body.group(field.options, options, octets);

    function options(): void {
      while (body.remaining > 0) {
        const at = body.position;
        body.need(OPTION_HEADER, 'Geneve option');
        const data = (view.getUint8(at + 3) & 0x1f) * 4;
        body.need(OPTION_HEADER + data, 'Geneve option');
        body.group(field.option, () => {
          body.number(field['option.class']);
          body.number(field['option.type']);
          body.number(field.optionFlags);
          body.derived(field['option.length'], OPTION_HEADER + data, undefined, at + 3, 1);
          if (data > 0) body.take(field['option.unknown.data'], data);
        });
      }
    }
  },
  info: (_layer, { view, start, end }) => {
    if (start + FIXED_OCTETS > end) return 'Cut Geneve header';
    const type = view.getUint16(start + 2);
    return `Encapsulated ${type === ETHERNET ? 'Transparent Ethernet bridging' : (etherTypes[type] ?? type)}`;
  },
});
