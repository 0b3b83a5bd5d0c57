/** "Why didn't I see it?": what became of packets that somebody expected. */

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { get } from '../api/client';
import { applyFilter } from '../filter/apply';
import { ProblemNotice } from '../parts/problem-notice';
import { effectiveFilter, useView } from '../state/view';
import { text } from '../text';
import './why.css';

const words = text.statistics.why;

interface Whom {
  readonly address: string;
  readonly port: string;
  readonly protocol: string;
}

const NOBODY: Whom = { address: '', port: '', protocol: '' };
const FIELDS: readonly { readonly name: keyof Whom; readonly title: string; readonly example: string }[] = [
  { name: 'address', title: words.address, example: words.addressExample },
  { name: 'port', title: words.port, example: words.portExample },
  { name: 'protocol', title: words.protocol, example: words.protocolExample },
];

export function Why() {
  const id = useView((view) => view.capture);
  const filter = useView(effectiveFilter);
  const [typed, setTyped] = useState(NOBODY);
  const [asked, setAsked] = useState<Whom>();
  const isEmpty = Object.values(typed).every((value) => value.trim() === '');
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['why', id, asked, filter],
    queryFn: ({ signal }) => get('/api/captures/{id}/why', { id }, { ...asked, filter }, signal),
    enabled: id !== null && asked !== undefined,
  });
  const ask = (event: FormEvent) => {
    event.preventDefault();
    if (isEmpty) return;
    const whom = {
      address: typed.address.trim(),
      port: typed.port.trim(),
      protocol: typed.protocol.trim().toLowerCase(),
    };
    if (asked !== undefined && JSON.stringify(asked) === JSON.stringify(whom)) void refetch();
    else setAsked(whom);
  };
  return (
    <div className="why">
      <p className="stat-intro">{words.intro}</p>
      <form className="why-form" onSubmit={ask}>
        {FIELDS.map(({ name, title, example }) => (
          <label key={name}>
            <span>{title}</span>
            <input
              value={typed[name]}
              placeholder={example}
              maxLength={100}
              spellCheck={false}
              autoComplete="off"
              inputMode={name === 'port' ? 'numeric' : 'text'}
              onChange={({ target }) => setTyped({ ...typed, [name]: target.value })}
            />
          </label>
        ))}
        <button
          type="submit"
          className="primary"
          disabled={isEmpty || isFetching}
          title={isEmpty ? words.needs : undefined}
        >
          {isFetching ? words.asking : words.ask}
        </button>
      </form>
      <ProblemNotice error={error} />
      {data !== undefined && (
        <section className="why-answer" aria-live="polite">
          <p className="why-verdict" data-verdict={data.verdict}>
            {data.verdict === 'absent' ? words.verdicts.absent : words.verdicts[data.verdict](data.count)}
          </p>
          {data.reasons.length > 0 && (
            <ol>
              {data.reasons.map((reason) => (
                <li key={`${reason.kind} ${reason.text}`}>
                  <strong>{reason.certain ? words.certain : words.perhaps}:</strong> {reason.text}
                  {reason.hint !== undefined && <p className="why-hint">{reason.hint}</p>}
                </li>
              ))}
            </ol>
          )}
          {data.count > 0 && (
            <button
              type="button"
              className="primary"
              onClick={() => applyFilter(data.filter, { tab: 'packets', from: null, to: null })}
            >
              {words.show}
            </button>
          )}
        </section>
      )}
    </div>
  );
}
