/** What is hidden, and the way to reveal it. */

import { text } from '../text';
import { reveal, revealAll, useChallenge } from './challenge';
import './room.css';
import { useWatch } from './watch';

const words = text.room.challenge;

export function ChallengeBar() {
  const { hidden } = useChallenge();
  const watching = useWatch((watch) => watch.token !== null);
  if (hidden.size === 0) return null;
  return (
    <section className="challenge" aria-label={words.title}>
      <strong>{words.title}</strong>
      <span>{watching ? words.asked(hidden.size) : words.hidden}</span>
      {!watching &&
        [...hidden].map((name) => (
          <button type="button" key={name} onClick={() => reveal(name)}>
            {words.reveal(name)}
          </button>
        ))}
      {!watching && (
        <button type="button" className="primary" onClick={revealAll}>
          {words.revealAll}
        </button>
      )}
    </section>
  );
}
