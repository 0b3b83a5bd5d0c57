/** What was said in a flow, as text for people. */

import { StringDecoder } from 'node:string_decoder';
import type { Side } from '../../../decoders/conversations/tcp-stream.js';
import { timeText } from '../../../decoders/core/frame.js';
import type { Said } from './said.js';

const ARROWS: Record<Side, string> = { client: '-->', server: '<--' };
const ROW = 16;

/** Turns what was said into pieces of a file; it remembers who spoke last. */
export interface Writer {
  piece(said: readonly Said[]): Uint8Array;
  /** What is left when no more comes. */
  end(): Uint8Array;
}

/** @param single only one direction is asked for, so that who speaks needs not be said */
export function writerOf(format: 'text' | 'hex' | 'raw', single: boolean): Writer {
  if (format === 'raw') return new RawWriter();
  return format === 'hex' ? new HexWriter() : new TextWriter(single);
}

/** The octets as they are; what is missing leaves no trace. */
class RawWriter implements Writer {
  piece(said: readonly Said[]): Uint8Array {
    return Buffer.concat(said.flatMap((one) => ('gap' in one ? [] : [one.bytes])));
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }
}

const gapLine = (octets: number): string =>
  `[${octets} ${octets === 1 ? 'octet is' : 'octets are'} missing here: not captured]`;

/** UTF-8, with a line wherever the other end begins to speak. */
class TextWriter implements Writer {
  private readonly decoders: Record<Side, StringDecoder> = {
    client: new StringDecoder('utf8'),
    server: new StringDecoder('utf8'),
  };
  private speaker: Side | undefined;
  private atLineStart = true;

  constructor(private readonly single: boolean) {}

  piece(said: readonly Said[]): Uint8Array {
    let out = '';
    const line = (text: string): void => {
      out += `${this.atLineStart ? '' : '\n'}${text}\n`;
      this.atLineStart = true;
    };
    for (const one of said) {
      const { from } = one;
      if (from !== this.speaker && !this.single) {
        const packet = 'gap' in one ? '' : `, packet ${one.packet}`;
        line(`${ARROWS[from]} ${from}${packet}`);
      }
      this.speaker = from;
      if ('gap' in one) {
        line(gapLine(one.gap));
        continue;
      }
      if (one.note !== undefined) line(`[${one.note}]`);
      const text = harmless(this.decoders[from].write(Buffer.from(one.bytes)));
      out += text;
      if (text !== '') this.atLineStart = text.endsWith('\n');
    }
    return Buffer.from(out);
  }

  end(): Uint8Array {
    return Buffer.from(this.atLineStart ? '' : '\n');
  }
}

/** Without what would steer a terminal: control characters but tab and line feed are dots, as in a hex dump. */
function harmless(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/[^\P{Cc}\t\n]/gu, '.');
}

/** Offset in the direction, sixteen octets, and the same as ASCII; the server's rows are indented. */
class HexWriter implements Writer {
  private readonly offsets: Record<Side, number> = { client: 0, server: 0 };

  piece(said: readonly Said[]): Uint8Array {
    const lines: string[] = [];
    for (const one of said) {
      const { from } = one;
      const indent = from === 'server' ? '    ' : '';
      if ('gap' in one) {
        lines.push(indent + gapLine(one.gap));
        this.offsets[from] += one.gap;
        continue;
      }
      const time = one.time === null ? '' : `, ${timeText(one.time)}`;
      if (one.note !== undefined) lines.push(`${indent}[${one.note}]`);
      if (one.bytes.length === 0) continue;
      lines.push(`${indent}${ARROWS[from]} ${from}, packet ${one.packet}${time}, ${one.bytes.length} octets`);
      for (let at = 0; at < one.bytes.length; at += ROW)
        lines.push(indent + row(this.offsets[from] + at, one.bytes.subarray(at, at + ROW)));
      this.offsets[from] += one.bytes.length;
    }
    return Buffer.from(lines.length === 0 ? '' : `${lines.join('\n')}\n`);
  }

  end(): Uint8Array {
    return new Uint8Array(0);
  }
}

function row(offset: number, octets: Uint8Array): string {
  let hex = '';
  let ascii = '';
  for (let i = 0; i < ROW; i++) {
    if (i === ROW / 2) hex += ' ';
    hex += i < octets.length ? ` ${octets[i].toString(16).padStart(2, '0')}` : '   ';
    if (i < octets.length) ascii += octets[i] >= 0x20 && octets[i] < 0x7f ? String.fromCharCode(octets[i]) : '.';
  }
  return `${offset.toString(16).padStart(8, '0')} ${hex}  ${ascii}`;
}
