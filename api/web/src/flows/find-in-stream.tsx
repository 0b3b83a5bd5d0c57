/** The search box of a stream. */

import { text } from '../text';
import { MOST_MATCHES } from './stream-find';

const words = text.flows.stream.find;

interface Props {
  readonly wanted: string;
  /** Place of the match that is shown. */
  readonly at: number;
  readonly found: number;
  /** Whether all of the stream is searched. */
  readonly whole: boolean;
  readonly onWanted: (wanted: string) => void;
  readonly onStep: (by: 1 | -1) => void;
}

export function FindInStream({ wanted, at, found, whole, onWanted, onStep }: Props) {
  const told =
    wanted === ''
      ? ''
      : found === 0
        ? whole
          ? words.none
          : words.noneSoFar
        : (found === MOST_MATCHES ? words.many : words.at)(at + 1, found);
  return (
    <search className="stream-find">
      <input
        type="search"
        aria-label={words.label}
        placeholder={words.placeholder}
        value={wanted}
        maxLength={200}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onWanted(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          onStep(event.shiftKey ? -1 : 1);
        }}
      />
      <button type="button" aria-label={words.previous} disabled={found === 0} onClick={() => onStep(-1)}>
        ↑
      </button>
      <button type="button" aria-label={words.next} disabled={found === 0} onClick={() => onStep(1)}>
        ↓
      </button>
      <span role="status">{told}</span>
    </search>
  );
}
