/** Display filters put together from conditions. It imports nothing, so that it can be tested without a browser. */

/** `only`: the condition alone; `not`: everything but it; the others join it to the filter that there is. */
export type Way = 'only' | 'not' | 'and' | 'or' | 'andNot' | 'orNot';

const JOINT = /^(&&|\|\||\^\^|and\b|or\b|xor\b)/i;
const KIND: Readonly<Record<string, Joint>> = { '&&': 'and', '||': 'or', '^^': 'xor' };
type Joint = 'and' | 'or' | 'xor';

/** The operators that join a filter's outermost conditions: those in brackets, sets, slices and texts do not count. */
function joints(filter: string): ReadonlySet<Joint> {
  const found = new Set<Joint>();
  let depth = 0;
  for (let at = 0; at < filter.length; at++) {
    const character = filter[at];
    if (character === '"') at = endOfText(filter, at);
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (depth === 0 && !/[\w.:-]/.test(filter[at - 1] ?? ' ')) {
      const joint = JOINT.exec(filter.slice(at, at + 4))?.[1].toLowerCase();
      if (joint !== undefined) found.add(KIND[joint] ?? (joint as Joint));
    } else if (depth === 0 && '&|^'.includes(character)) {
      const joint = KIND[filter.slice(at, at + 2)];
      if (joint !== undefined) found.add(joint);
    }
  }
  return found;
}

/** Place of the quotation mark that closes the text which begins at `at`, or the filter's end. */
function endOfText(filter: string, at: number): number {
  for (at++; at < filter.length && filter[at] !== '"'; at++) if (filter[at] === '\\') at++;
  return at;
}

/** Brackets where a filter joined by `joint` would be read otherwise, or be hard to read. */
function bracketed(filter: string, joint: Joint): string {
  return [...joints(filter)].some((inside) => inside !== joint) ? `(${filter})` : filter;
}

/** The opposite of a condition: `dns` → `!dns`, `!dns` → `dns`, `udp.port == 53` → `!(udp.port == 53)`. */
export function negated(condition: string): string {
  const text = condition.trim();
  if (/^[\w.-]+$/.test(text)) return `!${text}`;
  if (/^!\s*[\w.-]+$/.test(text)) return text.replace(/^!\s*/, '');
  if (text.startsWith('!(') && closesAtEnd(text, 1)) return text.slice(2, -1).trim();
  return `!(${text})`;
}

/** Whether the bracket at `from` is closed by the last character. */
function closesAtEnd(text: string, from: number): boolean {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') at = endOfText(text, at);
    else if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at === text.length - 1;
  }
  return false;
}

/**
 * A filter with another condition in it: "apply as filter", "… and …", "… or not …".
 * What the filter says already is not said twice, and brackets keep the meaning of both.
 *
 * @param filter the filter that there is; '' for none
 */
export function combine(filter: string, condition: string, way: Way): string {
  const before = filter.trim();
  const more = way === 'not' || way === 'andNot' || way === 'orNot' ? negated(condition) : condition.trim();
  if (more === '') return before;
  if (way === 'only' || way === 'not' || before === '' || before === more) return more;
  const joint = way === 'or' || way === 'orNot' ? 'or' : 'and';
  const [left, right] = [bracketed(before, joint), bracketed(more, joint)];
  const sign = joint === 'and' ? ' && ' : ' || ';
  if (left.endsWith(sign + right) || left.startsWith(right + sign)) return before;
  return left + sign + right;
}

/** A text as a filter writes it: quotation marks, with escapes where they are needed. */
export function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be escaped
  const escaped = text.replace(/[\\"\u0000-\u001f\u007f]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}

/**
 * The condition for an address of Ethernet, IPv4 or IPv6.
 *
 * @param side which end has it; `addr` for any
 * @returns undefined for what is no such address
 */
export function addressIs(address: string, side: 'addr' | 'src' | 'dst' = 'addr'): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return `ip.${side} == ${address}`;
  if (/^([\da-f]{2}:){5}[\da-f]{2}$/i.test(address)) return `eth.${side} == ${address}`;
  return /^[\da-f]*:[\da-f:]*(\d+(\.\d+){3})?$/i.test(address) ? `ipv6.${side} == ${address}` : undefined;
}
