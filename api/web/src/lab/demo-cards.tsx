/** Every demo as a card, and the runs that are kept. */

import { show } from '../state/view';
import { text } from '../text';
import { RunLinks } from './run-links';
import type { LabDemo, LabRuns } from './use-lab';

const words = text.lab;

interface Props {
  readonly demos: readonly LabDemo[];
  readonly runs: LabRuns;
}

export function DemoCards({ demos, runs }: Props) {
  const titles = new Map(demos.map(({ name, title }) => [name, title]));
  return (
    <>
      <div className="lab-intro">
        <h2>{words.title}</h2>
        <p>{words.about}</p>
      </div>
      <ul className="lab-cards" aria-label={words.demos}>
        {demos.map(({ name, title, shows }) => (
          <li key={name} className="lab-card">
            <h3>
              <button
                type="button"
                className="lab-card-open"
                aria-label={words.open(title)}
                onClick={() => show({ part: name })}
              >
                {title}
              </button>
            </h3>
            <p className="lab-card-text">{shows}</p>
            <code className="lab-name">{name}</code>
          </li>
        ))}
      </ul>
      {runs.length > 0 && (
        <section className="lab-runs" aria-labelledby="lab-runs-title">
          <h2 id="lab-runs-title">{words.runs}</h2>
          <RunLinks runs={runs.toReversed()} titleOf={(demo) => titles.get(demo) ?? demo} />
        </section>
      )}
    </>
  );
}
