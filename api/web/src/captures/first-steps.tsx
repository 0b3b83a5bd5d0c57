/** What somebody sees who opens a service that has no capture yet. */

import { ProblemNotice } from '../parts/problem-notice';
import { show } from '../state/view';
import { text } from '../text';
import './captures.css';
import { OpenFile } from './open-file';
import { useCaptures } from './use-captures';

const words = text.captures.none;

export function FirstSteps() {
  const { data, error } = useCaptures();
  if (data === undefined || data.length > 0)
    return error === null ? <p className="notice">{text.app.loading}</p> : <ProblemNotice error={error} />;
  return (
    <section className="empty-state">
      <h2>{words.title}</h2>
      <p>{words.text}</p>
      <div className="empty-ways">
        <OpenFile />
        <button type="button" onClick={() => show({ tab: 'lab' })}>
          {words.lab}
        </button>
      </div>
    </section>
  );
}
