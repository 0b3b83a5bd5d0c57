import { type Body, bytes, type Field, flag, protocol, uint, uintLE } from '../core/index.js';
import { smb2Commands, statusCodes } from '../labels/smb.js';

const HEADER = 64;
const MAGIC = 0xfe534d42;
const RESPONSE = 1;
const ASYNCHRONOUS = 2;
/** Commands in one message at most: a chain whose offsets hardly move would cost a header each. */
const MOST_COMMANDS = 1024;

const flags = {
  'flags.response': [0x00000001, flag('Response')],
  'flags.async': [0x00000002, flag('Async command')],
  'flags.chained': [0x00000004, flag('Chained')],
  'flags.signature': [0x00000008, flag('Signing')],
  'flags.priority_mask': [0x00000070, flag('Priority')],
  'flags.dfs': [0x10000000, flag('DFS operation')],
  'flags.replay': [0x20000000, flag('Replay operation')],
} as const;

const fields = {
  header_len: uintLE(16, 'Header Length'),
  'credit.charge': uintLE(16, 'Credit Charge'),
  nt_status: uintLE(32, 'NT Status', { base: 16, labels: statusCodes }),
  channel_sequence: uintLE(16, 'Channel Sequence'),
  cmd: uintLE(16, 'Command', { labels: smb2Commands }),
  'credits.requested': uintLE(16, 'Credits requested'),
  'credits.granted': uintLE(16, 'Credits granted'),
  flags: uintLE(32, 'Flags', { base: 16 }),
  'flags.response': flags['flags.response'][1],
  'flags.async': flags['flags.async'][1],
  'flags.chained': flags['flags.chained'][1],
  'flags.signature': flags['flags.signature'][1],
  'flags.priority_mask': flags['flags.priority_mask'][1],
  'flags.dfs': flags['flags.dfs'][1],
  'flags.replay': flags['flags.replay'][1],
  chain_offset: uintLE(32, 'Chain Offset', { base: 16 }),
  msg_id: uintLE(64, 'Message ID'),
  pid: uintLE(32, 'Process Id', { base: 16 }),
  tid: uintLE(32, 'Tree Id', { base: 16 }),
  aid: uintLE(64, 'Async Id', { base: 16 }),
  sesid: uintLE(64, 'Session Id', { base: 16 }),
  signature: bytes(16, 'Signature'),
  buffer_code: uintLE(16, 'StructureSize', { base: 16 }),
  'buffer_code.length': uintLE(16, 'Fixed Part Length'),
  'buffer_code.dynamic': flag('Dynamic Part'),
};

type Smb2Fields = { readonly [K in keyof typeof fields | 'protocol_id']: Field };

/** Server Message Block, versions 2 and 3: the headers of its messages. */
export const smb2 = protocol('smb2', 'SMB2 (Server Message Block Protocol version 2)', {
  reference: 'MS-SMB2, section 2.2.1',
  carriedBy: { 'smb.magic': 0xfe },
  header: {},
  fields: { protocol_id: uint(32, 'ProtocolId', { base: 16 }), ...fields },
  headerLength: 'all',
  body: (body, field) => {
    let start = body.position;
    for (let i = 0; i < MOST_COMMANDS; i++) {
      const next = command(body, field);
      // MS-SMB2, section 2.2.1: the offset of the next command from this one's header.
      if (next < HEADER || start + next >= body.end || body.view.getUint32(start + next) !== MAGIC) break;
      if (start + next > body.position) body.skip(start + next - body.position);
      start += next;
    }
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (layer) => {
    const parts: string[] = [];
    let kind = '';
    let status = 0;
    for (const { name, value } of layer.fields) {
      if (name === 'smb2.cmd') kind = smb2Commands[Number(value)] ?? `unknown-${value}`;
      if (name === 'smb2.nt_status') status = Number(value);
      if (name !== 'smb2.flags') continue;
      const response = (Number(value) & RESPONSE) !== 0;
      const error = response && status !== 0 ? `, Error: ${statusCodes[status] ?? 'Unknown'}` : '';
      parts.push(`${kind} ${response ? 'Response' : 'Request'}${error}`);
    }
    return parts.join(';');
  },
});

/** Reads a header and the size of the structure behind it; returns the offset of the next header. */
function command(body: Body, field: Smb2Fields): number {
  body.need(HEADER, 'the SMB2 header');
  const { view, position: start } = body;
  const set = view.getUint32(start + 16, true);
  const response = (set & RESPONSE) !== 0;
  body.number(field.protocol_id);
  body.number(field.header_len);
  body.number(field['credit.charge']);
  if (response) body.number(field.nt_status);
  else {
    body.number(field.channel_sequence);
    body.skip(2);
  }
  body.number(field.cmd);
  body.number(field[response ? 'credits.granted' : 'credits.requested']);
  body.number(field.flags);
  for (const [key, [mask]] of Object.entries(flags))
    body.derived(field[key as keyof typeof flags], (set & mask) !== 0, undefined, body.position - 4, 4);
  const next = body.number(field.chain_offset);
  body.take(field.msg_id);
  if ((set & ASYNCHRONOUS) !== 0) body.take(field.aid);
  else {
    body.number(field.pid);
    body.number(field.tid);
  }
  body.take(field.sesid);
  body.take(field.signature);
  if (body.remaining >= 2) {
    const code = body.number(field.buffer_code);
    body.derived(field['buffer_code.length'], code >> 1, undefined, body.position - 2, 2);
    body.derived(field['buffer_code.dynamic'], (code & 1) !== 0, undefined, body.position - 2, 2);
  }
  return next;
}
