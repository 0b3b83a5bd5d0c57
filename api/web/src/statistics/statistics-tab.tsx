/** What the capture consists of, and what is wrong with it. */

import { useWatch } from '../room/watch';
import { show, useView } from '../state/view';
import { text } from '../text';
import { Checks } from './checks';
import { Conversations, Endpoints } from './pairs';
import { Problems } from './problems';
import { Protocols } from './protocols';
import './statistics-tab.css';
import { Why } from './why';

const words = text.statistics;

const KINDS = [
  { name: 'protocols', Kind: Protocols },
  { name: 'endpoints', Kind: Endpoints },
  { name: 'conversations', Kind: Conversations },
  { name: 'problems', Kind: Problems },
  { name: 'why', Kind: Why },
  { name: 'checks', Kind: Checks },
] as const;
/** What the service answers for the capture's own people only. */
const OWN: ReadonlySet<string> = new Set(['why', 'checks']);

export function StatisticsTab() {
  const part = useView((view) => view.part);
  const watching = useWatch((watch) => watch.token !== null);
  const kinds = KINDS.filter(({ name }) => !watching || !OWN.has(name));
  const chosen = kinds.find(({ name }) => name === part?.split('/')[0]) ?? KINDS[0];
  const { Kind } = chosen;
  const capture = useView((view) => view.capture);
  if (capture === null) return <p className="notice">{text.app.noCaptures}</p>;
  return (
    <>
      <nav className="stat-kinds" aria-label={words.parts}>
        {kinds.map(({ name }) => (
          <button
            type="button"
            key={name}
            aria-current={name === chosen.name ? 'page' : undefined}
            onClick={() => show({ part: name })}
          >
            {words.names[name]}
          </button>
        ))}
      </nav>
      <Kind />
    </>
  );
}
