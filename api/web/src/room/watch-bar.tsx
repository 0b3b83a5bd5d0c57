/** For viewers: whether the page follows the presenter. */

import { useEffect } from 'react';
import { text } from '../text';
import './room.css';
import { setFollowing, startWatching, useWatch } from './watch';

const words = text.room.watch;

export function WatchBar() {
  const { token, following, presented, ended, problem } = useWatch();
  useEffect(() => (token === null ? undefined : startWatching()), [token]);
  if (token === null) return null;
  if (ended)
    return (
      <p className="notice warn" role="alert">
        {words.ended} {problem}
      </p>
    );
  return (
    <section className="watch" aria-label={words.title}>
      <span>{!presented ? words.waiting : following ? words.following : words.alone}</span>
      <button type="button" aria-pressed={following} onClick={() => setFollowing(!following)}>
        {following ? words.stop : words.follow}
      </button>
    </section>
  );
}
