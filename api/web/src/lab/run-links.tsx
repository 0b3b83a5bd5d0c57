/** Ways to runs that are kept. */

import { show } from '../state/view';
import { text } from '../text';
import { partText } from './lab-part';
import type { LabRuns } from './use-lab';

const words = text.lab.page;

interface Props {
  readonly runs: LabRuns;
  readonly titleOf: (demo: string) => string;
}

export function RunLinks({ runs, titleOf }: Props) {
  return (
    <ul className="lab-run-links">
      {runs.map(({ id, demo, state }) => (
        <li key={id}>
          <button
            type="button"
            className="link"
            onClick={() => show({ part: partText({ demo, run: id, step: null }) })}
          >
            {titleOf(demo)}
          </button>{' '}
          <span className={`lab-state ${state}`}>{words.states[state as keyof typeof words.states] ?? state}</span>
        </li>
      ))}
    </ul>
  );
}
