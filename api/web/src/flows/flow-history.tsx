/** Zeek's history of a conversation, letter by letter. */

import { text } from '../text';

const words = text.flows.details;
/** The letters repeat at powers of ten, so there are not many; what a damaged index says is cut. */
const MOST = 64;

export function Explained({ history }: { readonly history: string }) {
  const letters = [...history.slice(0, MOST)];
  return (
    <>
      <code>{letters.join('')}</code>
      <p className="quiet">{words.historyHelp}</p>
      <ol className="flow-history">
        {letters.map((letter, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same letter comes more than once, and their order does not change
          <li key={at}>
            <code>{letter}</code> {meaningOf(letter)}
          </li>
        ))}
      </ol>
    </>
  );
}

function meaningOf(letter: string): string {
  if (letter === '^') return words.historyFlipped;
  if (letter === 'X' || letter === 'x') return words.historyMore;
  const small = letter.toLowerCase();
  const meaning = (words.historyLetters as Readonly<Record<string, string>>)[small] ?? letter;
  return `${letter === small ? words.historyServer : words.historyClient}: ${meaning}`;
}
