/**
 * Packet contents as text that cannot do anything. Control characters, what turns the direction of writing, and what
 * cannot be seen are replaced by what can. It imports nothing, so that it can be tested without a browser.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be replaced
const CONTROLS = /[\u0000-\u001f\u007f]/g;
/** C1 controls, bidi controls, invisible and line-breaking characters, and halves of surrogate pairs. */
const UNSEEN =
  /[\u0080-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|[\ud800-\udfff]/gu;

/** Characters of a text that are shown where nothing else is said: more would be no help to anybody. */
export const MOST = 1000;

/**
 * @param text from a packet, of any length and content
 * @param most characters that are left of it; what is cut is said by an ellipsis
 */
export function plain(text: string, most = MOST): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut
    .replace(CONTROLS, (character) => {
      const code = character.charCodeAt(0);
      return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
    })
    .replace(UNSEEN, (character) => `‹U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}›`);
}
