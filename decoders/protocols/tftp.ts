import { utf8Text } from '../core/format.js';
import { type Body, type Field, protocol, text, uint } from '../core/index.js';
import { REST } from '../core/walk.js';
import { distanceTo, zeroText } from './messages.js';

const READ = 1;
const WRITE = 2;
const DATA = 3;
const ACKNOWLEDGEMENT = 4;
const ERROR = 5;
const OPTION_ACKNOWLEDGEMENT = 6;
/** Numbers that a block can have. */
const BLOCKS = 65536;

/** IANA "TFTP": RFC 1350, section 5, and RFC 2347. */
const opcodes = {
  1: 'Read Request',
  2: 'Write Request',
  3: 'Data Packet',
  4: 'Acknowledgement',
  5: 'Error Code',
  6: 'Option Acknowledgement',
};
const errors = {
  0: 'Not defined',
  1: 'File not found',
  2: 'Access violation',
  3: 'Disk full or allocation exceeded',
  4: 'Illegal TFTP Operation',
  5: 'Unknown transfer ID',
  6: 'File already exists',
  7: 'No such user',
  8: 'Option negotiation failed',
};

const fields = {
  source_file: text('Source File'),
  destination_file: text('Destination File'),
  type: text('Type'),
  'option.name': text('Option name'),
  'option.value': text('Option value'),
  request_frame: uint(32, 'Request frame'),
  block: uint(16, 'Block'),
  'block.full': uint(32, 'Full Block Number'),
  'error.code': uint(16, 'Error code', { labels: errors }),
  'error.message': text('Error message'),
};

/** Trivial File Transfer Protocol. */
export const tftp = protocol('tftp', 'Trivial File Transfer Protocol', {
  reference: 'RFC 1350, RFC 2347',
  carriedBy: { 'udp.port': 69 },
  header: { opcode: uint(16, 'Opcode', { labels: opcodes }) },
  fields,
  // A data packet's block is its payload.
  headerLength: (read, view, start) => (read.opcode(view, start) === DATA ? 4 : REST),
  body: (body, field) => {
    const { view, start } = body;
    const opcode = view.getUint16(start);
    if (opcode === READ || opcode === WRITE) {
      const file = zeroText(body, opcode === READ ? field.source_file : field.destination_file);
      expectAnswer(body, file);
      zeroText(body, field.type);
      options(body, field);
      return;
    }
    const transfer = transferOf(body);
    if (transfer !== undefined) requested(body, field, transfer);
    if (opcode === DATA || opcode === ACKNOWLEDGEMENT) {
      const block = body.number(field.block);
      if (transfer !== undefined) body.derived(field['block.full'], wholeNumber(transfer, block));
    } else if (opcode === ERROR) {
      body.number(field['error.code']);
      zeroText(body, field['error.message']);
    } else if (opcode === OPTION_ACKNOWLEDGEMENT) options(body, field);
  },
  info: (layer, { view, start, end, walk, depth }) => {
    if (start + 2 > end) return 'Cut TFTP header';
    const opcode = view.getUint16(start);
    const name = opcodes[opcode as keyof typeof opcodes] ?? `Unknown TFTP message type 0x${opcode.toString(16)}`;
    const values = (key: string) => layer.fields.filter((field) => field.name === key).map((field) => field.text);
    const [file] = [...values('tftp.source_file'), ...values('tftp.destination_file')];
    const [type] = values('tftp.type');
    const names = values('tftp.option.name');
    const settings = values('tftp.option.value').map((value, index) => `, ${names[index]}=${value}`);
    if (opcode === READ || opcode === WRITE)
      return `${name}${file === undefined ? '' : `, File: ${file}`}${type === undefined ? '' : `, Transfer type: ${type}`}${settings.join('')}`;
    if ((opcode === DATA || opcode === ACKNOWLEDGEMENT) && start + 4 <= end) {
      // RFC 1350, section 6: a block of fewer than 512 octets is the last, unless another size was agreed on.
      const last = opcode === DATA && walk.end[depth] - start - 4 < 512 ? ' (last)' : '';
      return `${name}, Block: ${view.getUint16(start + 2)}${last}`;
    }
    if (opcode === ERROR && start + 4 <= end) {
      const code = view.getUint16(start + 2);
      const [message] = values('tftp.error.message');
      return `${name}, Code: ${errors[code as keyof typeof errors] ?? `Unknown (${code})`}${message === undefined ? '' : `, Message: ${message}`}`;
    }
    return `${name}${settings.join('')}`;
  },
});

type TftpFields = { readonly [K in keyof typeof fields]: Field };

/** What the packets of a transfer do not say themselves. */
interface Transfer {
  readonly file: string;
  /** Number of the packet with the request. */
  readonly packet: number;
  /** The last block, counted on where the 16 bits began again. */
  block: number;
}

/** RFC 1350, section 4: the server answers from a port of its own choice to the one that the request came from. */
function expectAnswer({ dissection }: Body, file: string): void {
  const { conversation } = dissection;
  if (conversation === undefined) return;
  const { source, sourcePort, packet } = conversation;
  const transfer: Transfer = { file, packet, block: 0 };
  conversation.expect('udp', source, sourcePort, 'tftp', ['tftp', transfer]);
  // Some servers answer from the port that was asked.
  conversation.remember<{ transfer?: Transfer }>('tftp.here', () => ({})).transfer = transfer;
}

function transferOf({ dissection: { conversation } }: Body): Transfer | undefined {
  const here = conversation?.remember<{ transfer?: Transfer }>('tftp.here', () => ({}));
  return here?.transfer ?? conversation?.remember<Transfer | undefined>('tftp', () => undefined);
}

/** Wireshark calls it the destination whichever way the file goes. */
function requested(body: Body, field: TftpFields, { file, packet }: Transfer): void {
  body.derived(field.destination_file, file);
  body.derived(field.request_frame, packet);
}

/** The block's number among all, where there are more than 16 bits count. */
function wholeNumber(transfer: Transfer, block: number): number {
  const turn = Math.floor(transfer.block / BLOCKS) * BLOCKS;
  const candidates = [turn - BLOCKS + block, turn + block, turn + BLOCKS + block].filter((number) => number >= 0);
  transfer.block = candidates.reduce((best, number) =>
    Math.abs(number - transfer.block) < Math.abs(best - transfer.block) ? number : best,
  );
  return transfer.block;
}

/** RFC 2347: names and values, each ended by a zero. */
function options(body: Body, field: TftpFields): void {
  while (body.remaining > 0) {
    const { view, position, end } = body;
    const name = distanceTo(view, 0, position, end);
    if (name < 0 || distanceTo(view, 0, position + name + 1, end) < 0) {
      body.report('malformed', `an option without a value: ${utf8Text(view, position, Math.min(64, body.remaining))}`);
      return;
    }
    zeroText(body, field['option.name']);
    zeroText(body, field['option.value']);
  }
}
