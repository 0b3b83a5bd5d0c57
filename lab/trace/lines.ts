/**
 * Reads what `strace -f -yy` writes, one line after the other: strace(1), "The output format".
 *
 *     4711 1795401648.977039123 connect(5<TCP:[2145856]>, {sa_family=AF_INET, …}, 16) = 0 <0.000158>
 *     4711 1795401648.978752456 recvfrom(4<TCP:[127.0.0.1:7711->127.0.0.1:41106]>,  <unfinished ...>
 *     4711 1795401648.979744123 <... recvfrom resumed>"HELLO\n", 8192, 0, NULL, NULL) = 6 <0.000913>
 *     4711 1795401648.999000000 +++ exited with 0 +++
 */

/** A call that has returned. */
export interface CallLine {
  readonly kind: 'call';
  readonly pid: number;
  readonly name: string;
  /** As strace prints them. */
  readonly arguments: readonly string[];
  /** What stands behind `=`: `0`, `-1 EAGAIN (Resource temporarily unavailable)`, `5<TCP:[…]>`. */
  readonly result: string;
  /** Nanoseconds since 1970. strace begins to count after it has written the arguments: `ended` may be early by that. */
  readonly began: bigint;
  readonly ended: bigint;
}

/** A thread or process that is no more. */
export interface ExitLine {
  readonly kind: 'exit';
  readonly pid: number;
  readonly time: bigint;
}

/** Threads of which half a call is kept at most. */
const MOST_UNFINISHED = 10_000;

const LINE = /^(\d+) +(\d+)\.(\d{9}) (.*)$/s;
const UNFINISHED = ' <unfinished ...>';
const RESUMED = /^<\.\.\. (\w+) resumed>/;
const NAME = /^(\w+)\(/;
/** The first argument is a descriptor, and that is no socket of the internet's protocols. */
const OTHER_DESCRIPTOR = /^\w+\(\d+<(?!TCP|UDP|RAW|PING)/;

/** Joins calls that other threads interrupted, and leaves out those on files, pipes and other sockets. */
export class LineReader {
  private readonly unfinished = new Map<number, { readonly text: string; readonly began: bigint }>();

  /** @returns undefined for a line that tells nothing about sockets, or half a call */
  read(line: string): CallLine | ExitLine | undefined {
    const found = LINE.exec(line);
    if (found === null) return undefined;
    const pid = Number(found[1]);
    const time = BigInt(found[2]) * 1_000_000_000n + BigInt(found[3]);
    const text = found[4];
    if (text.startsWith('+++')) {
      this.unfinished.delete(pid);
      return { kind: 'exit', pid, time };
    }
    if (text.endsWith(UNFINISHED)) {
      if (this.unfinished.size < MOST_UNFINISHED)
        this.unfinished.set(pid, { text: text.slice(0, -UNFINISHED.length), began: time });
      return undefined;
    }
    const resumed = RESUMED.exec(text);
    if (resumed === null) return callOf(pid, text, time);
    const before = this.unfinished.get(pid);
    this.unfinished.delete(pid);
    const call = before && callOf(pid, before.text + text.slice(resumed[0].length), before.began);
    return call && { ...call, ended: time };
  }
}

function callOf(pid: number, text: string, began: bigint): CallLine | undefined {
  const name = NAME.exec(text)?.[1];
  if (name === undefined || OTHER_DESCRIPTOR.test(text)) return undefined;
  const split = splitArguments(text, name.length + 1);
  if (split === undefined) return undefined;
  const [, result, seconds, nanoseconds] = /^\) += (.*?)(?: <(\d+)\.(\d{9})>)?$/s.exec(text.slice(split.end)) ?? [];
  // `?`: the call did not return: a signal interrupted it, or the process ended.
  if (result === undefined || result.startsWith('?')) return undefined;
  const lasted = seconds === undefined ? 0n : BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  return { kind: 'call', pid, name, arguments: split.parts, result, began, ended: began + lasted };
}

/** Splits at the commas that stand in no string and no bracket. @returns `end`: the place of the closing bracket */
function splitArguments(text: string, start: number): { parts: string[]; end: number } | undefined {
  const parts: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
    } else if (character === '(' || character === '[' || character === '{') depth++;
    else if (depth > 0 && (character === ')' || character === ']' || character === '}')) depth--;
    else if (depth === 0 && (character === ',' || character === ')')) {
      const part = text.slice(from, at).trim();
      if (part !== '' || parts.length > 0) parts.push(part);
      if (character === ')') return { parts, end: at };
      from = at + 1;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
