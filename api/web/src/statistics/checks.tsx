/** Expectations about the capture, and whether they hold. */

import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { address, change } from '../api/client';
import type { Answers } from '../api/types';
import { copyText, shellQuoted } from '../out/copy';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { show, useView } from '../state/view';
import { text } from '../text';
import { EMPTY, isCount, MOST_CHECKS, type Sent, sentOf, type Typed, useChecks } from './check-list';
import './checks.css';

const words = text.statistics.checks;
/** Packets of a check that are linked. */
const LINKED = 10;

const setList = (list: readonly Typed[]) => useChecks.setState({ list: list.length === 0 ? [EMPTY] : list });

export function Checks() {
  const { list } = useChecks();
  const id = useView((view) => view.capture);
  const { data, error, isPending, variables, mutate } = useMutation({
    mutationFn: (checks: Sent) => change('POST', '/api/captures/{id}/checks', { id }, { checks }),
  });
  const sent = sentOf(list);
  const isRight = list.every(({ count }) => isCount(count));
  const judge = (event: FormEvent) => {
    event.preventDefault();
    if (sent !== undefined && isRight && id !== null) mutate(sent);
  };
  const curl = () => {
    const url = window.location.origin + address('/api/captures/{id}/checks', { id });
    const body = shellQuoted(JSON.stringify({ checks: sent }));
    void copyText(words.curlName, `curl -H 'Content-Type: application/json' -d ${body} ${shellQuoted(url)}`);
  };
  return (
    <div className="checks">
      <p className="stat-intro">{words.intro}</p>
      <form onSubmit={judge}>
        <ol className="checks-list">
          {list.map((typed, place) => (
            <Row
              // Rows have no name but their place, and hold no state.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              key={place}
              typed={typed}
              place={place + 1}
              onChange={(changed) => setList(list.map((one, at) => (at === place ? { ...one, ...changed } : one)))}
              onRemove={() => setList(list.filter((_, at) => at !== place))}
            />
          ))}
        </ol>
        {!isRight && <p className="notice bad">{words.badCount}</p>}
        <div className="checks-tools">
          <button type="submit" className="primary" disabled={sent === undefined || !isRight || isPending}>
            {isPending ? words.running : words.run}
          </button>
          <button type="button" disabled={list.length >= MOST_CHECKS} onClick={() => setList([...list, EMPTY])}>
            {words.add}
          </button>
          <button type="button" onClick={() => setList(words.handshake)}>
            {words.example}
          </button>
          <button type="button" disabled={sent === undefined} onClick={curl}>
            {words.curl}
          </button>
        </div>
      </form>
      <ProblemNotice error={error} />
      {data !== undefined && <Outcome answer={data} isStale={JSON.stringify(variables) !== JSON.stringify(sent)} />}
    </div>
  );
}

interface RowProps {
  readonly typed: Typed;
  readonly place: number;
  readonly onChange: (changed: Partial<Typed>) => void;
  readonly onRemove: () => void;
}

function Row({ typed: { kind, filter, count, within }, place, onChange, onRemove }: RowProps) {
  return (
    <li>
      <fieldset className="checks-row">
        <legend className="visually-hidden">{words.one(place)}</legend>
        <input
          className="checks-filter"
          aria-label={words.filter}
          placeholder={words.filterExample}
          value={filter}
          maxLength={65_536}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => onChange({ filter: target.value })}
        />
        <select
          aria-label={words.kind}
          value={kind}
          onChange={({ target }) => onChange({ kind: target.value === 'no' ? 'no' : 'expect' })}
        >
          <option value="expect">{words.kinds.expect}</option>
          <option value="no">{words.kinds.no}</option>
        </select>
        {kind === 'expect' && (
          <>
            <label>
              {words.count}
              <input
                value={count}
                placeholder={words.countExample}
                aria-invalid={!isCount(count)}
                maxLength={20}
                onChange={({ target }) => onChange({ count: target.value })}
              />
            </label>
            <label>
              {words.within}
              <input
                value={within}
                inputMode="decimal"
                maxLength={12}
                onChange={({ target }) => onChange({ within: target.value })}
              />
            </label>
          </>
        )}
        <button type="button" aria-label={words.remove(place)} title={words.remove(place)} onClick={onRemove}>
          ×
        </button>
      </fieldset>
    </li>
  );
}

interface OutcomeProps {
  readonly answer: Answers['POST /api/captures/{id}/checks'];
  readonly isStale: boolean;
}

function Outcome({ answer: { pass, checks }, isStale }: OutcomeProps) {
  const failed = checks.filter((check) => !check.pass).length;
  return (
    <section className="checks-outcome" aria-live="polite">
      <p className="checks-verdict" data-pass={pass}>
        {pass ? words.pass : words.fail(failed, checks.length)} {isStale && words.stale}
      </p>
      <ol>
        {checks.map((check, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two checks may be the same, and their places stay
          <li key={place} data-pass={check.pass}>
            <strong>
              {check.pass ? '✓' : '✕'} {check.pass ? words.passed : words.failed}
            </strong>{' '}
            <code>{plain(check.name, 300)}</code>
            <p>{plain(check.detail)}</p>
            <span className="problems-packets">
              {check.packets.slice(0, LINKED).map((number) => (
                <button
                  type="button"
                  key={number}
                  aria-label={text.statistics.problems.packet(number)}
                  onClick={() => show({ tab: 'packets', packet: number, filter: '', from: null, to: null }, false)}
                >
                  {number}
                </button>
              ))}
              {check.packets.length > LINKED && '…'}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
