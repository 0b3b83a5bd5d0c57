import { bits, bytes, flag, protocol, uint, uintLE } from '../core/index.js';
import { smbCommands, statusCodes } from '../labels/smb.js';

/** Flags2 in the order of their bits; they are little-endian, so they are read by their masks. */
const flags2 = {
  'flags2.string': [0x8000, flag('Unicode Strings')],
  'flags2.nt_error': [0x4000, flag('Error Code Type')],
  'flags2.roe': [0x2000, flag('Execute-only Reads')],
  'flags2.dfs': [0x1000, flag('Dfs')],
  'flags2.esn': [0x0800, flag('Extended Security Negotiation')],
  'flags2.reparse_path': [0x0400, flag('Reparse Path')],
  'flags2.long_names_used': [0x0040, flag('Long Names Used')],
  'flags2.sec_sig_required': [0x0010, flag('Security Signatures Required')],
  'flags2.compressed': [0x0008, flag('Compressed')],
  'flags2.sec_sig': [0x0004, flag('Security Signatures')],
  'flags2.ea': [0x0002, flag('Extended Attributes')],
  'flags2.long_names_allowed': [0x0001, flag('Long Names Allowed')],
} as const;
const NT_STATUS = 0x4000;
const RESPONSE = 0x80;
/** The AndX commands. */
const FOLLOWED = new Set([0x24, 0x2d, 0x2e, 0x2f, 0x73, 0x74, 0x75, 0xa2]);
const HEADER = 32;

/** Server Message Block, version 1: the header of its messages. */
export const smb = protocol('smb', 'SMB (Server Message Block Protocol)', {
  reference: 'MS-CIFS, section 2.2.3.1',
  carriedBy: { 'smb.magic': 0xff },
  header: {},
  fields: {
    server_component: uintLE(32, 'Server Component', { base: 16 }),
    cmd: uint(8, 'SMB Command', { base: 16, labels: smbCommands }),
    nt_status: uintLE(32, 'NT Status', { base: 16, labels: statusCodes }),
    error_class: uint(8, 'Error Class', {
      base: 16,
      labels: { 0: 'Success', 1: 'DOS Error', 2: 'Server Error', 3: 'Hardware Error' },
    }),
    error_code: uintLE(16, 'Error Code', { base: 16 }),
    flags: bits(
      8,
      'Flags',
      {
        response: flag('Request/Response'),
        notify: flag('Notify'),
        oplock: flag('Oplocks'),
        canon: flag('Canonicalized Pathnames'),
        caseless: flag('Case Sensitivity'),
        reserved: uint(1, 'Reserved', { bare: true, when: () => false }),
        receive_buffer: flag('Receive Buffer Posted'),
        lock: flag('Lock and Read'),
      },
      { base: 16 },
    ),
    flags2: uintLE(16, 'Flags2', { base: 16 }),
    ...(Object.fromEntries(Object.entries(flags2).map(([key, [, field]]) => [key, field])) as {
      readonly [K in keyof typeof flags2]: (typeof flags2)[K][1];
    }),
    'pid.high': uintLE(16, 'Process ID High'),
    signature: bytes(8, 'Signature'),
    tid: uintLE(16, 'Tree ID'),
    pid: uintLE(16, 'Process ID'),
    uid: uintLE(16, 'User ID'),
    mid: uintLE(16, 'Multiplex ID'),
    wct: uint(8, 'Word Count (WCT)'),
  },
  headerLength: 'all',
  body: (body, field) => {
    const { view, start } = body;
    body.need(HEADER, 'the SMB header');
    const set = view.getUint16(start + 10, true);
    body.number(field.server_component);
    body.number(field.cmd);
    if ((set & NT_STATUS) !== 0) body.number(field.nt_status);
    else {
      body.number(field.error_class);
      body.skip(1);
      body.number(field.error_code);
    }
    body.number(field.flags);
    body.number(field.flags2);
    for (const [key, [mask]] of Object.entries(flags2))
      body.derived(field[key as keyof typeof flags2], (set & mask) !== 0, undefined, start + 10, 2);
    body.number(field['pid.high']);
    body.take(field.signature);
    body.skip(2);
    body.number(field.tid);
    body.number(field.pid);
    body.number(field.uid);
    body.number(field.mid);
    const words = body.number(field.wct);
    // MS-CIFS, section 2.2.3.4: a command that others may follow names the next one in its first word.
    if (words > 0 && body.remaining > 0 && FOLLOWED.has(view.getUint8(start + 4))) body.number(field.cmd);
    // Words, data and further commands depend on the command; they are left as they are.
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end }) => {
    if (start + 10 > end) return 'Cut SMB header';
    const command = view.getUint8(start + 4);
    const name = smbCommands[command] ?? `unknown-0x${command.toString(16).padStart(2, '0')}`;
    return `${name} ${(view.getUint8(start + 9) & RESPONSE) === 0 ? 'Request' : 'Response'}`;
  },
});
