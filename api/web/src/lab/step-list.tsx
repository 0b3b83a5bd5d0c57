/** The steps of a run in their order, and the one that comes next. */

import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { LabRun } from '../api/types';
import { plain } from '../parts/plain';
import { text } from '../text';
import { sideOf } from './lab-part';

const words = text.lab.steps;
/** Steps that are listed: more would make the page slow, and nobody reads them. */
const MOST = 500;

interface Props {
  readonly run: LabRun;
  readonly chosen: number;
  readonly onChoose: (number: number) => void;
}

export function StepList({ run, chosen, onChoose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const { steps, next } = run;
  const last = steps.length + (next === null ? 0 : 1);
  const left = Math.max(0, steps.length - MOST);
  const key = (event: KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowDown: chosen + 1,
      ArrowUp: chosen - 1,
      Home: left + 1,
      End: last,
      PageDown: chosen + 10,
      PageUp: chosen - 10,
    };
    if (to[event.key] === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChoose(Math.min(last, Math.max(left + 1, to[event.key])));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another last row can be the chosen one, of another height
  useEffect(() => {
    const box = list.current;
    const row = box?.querySelector<HTMLElement>(`#lab-step-${chosen}`);
    if (box === null || row === null || row === undefined) return;
    // Not scrollIntoView, which would move the whole page on a telephone.
    if (row.offsetTop < box.scrollTop) box.scrollTop = row.offsetTop;
    else if (row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = row.offsetTop + row.offsetHeight - box.clientHeight;
  }, [chosen, last]);
  return (
    <section className="lab-steps">
      <h3 id="lab-steps-title">{words.list}</h3>
      {left > 0 && <p className="quiet">{words.earlier(left)}</p>}
      {last === 0 ? (
        <p className="quiet">{words.empty}</p>
      ) : (
        <div
          ref={list}
          className="lab-step-list"
          role="listbox"
          aria-labelledby="lab-steps-title"
          aria-activedescendant={`lab-step-${chosen}`}
          tabIndex={0}
          onKeyDown={key}
        >
          {steps.slice(left).map(({ number, end, call, arguments: given, result, error, packets }) => (
            <Row key={number} number={number} end={end} chosen={number === chosen} onChoose={onChoose}>
              <code>
                <b>{call}</b>({plain(given.join(', '), 200)}) ={' '}
                <span className={error === undefined ? '' : 'lab-error'}>{plain(result, 120)}</span>
              </code>
              {packets.length > 0 && <span className="lab-made">{words.made(packets.length)}</span>}
            </Row>
          ))}
          {next !== null && (
            <Row number={last} end={next.end} chosen={last === chosen} upcoming onChoose={onChoose}>
              <code>
                <b>{next.call}</b>({plain(next.arguments.join(', '), 200)})
              </code>
              <span className="lab-made">{words.next}</span>
            </Row>
          )}
        </div>
      )}
    </section>
  );
}

interface RowProps {
  readonly number: number;
  readonly end: string;
  readonly chosen: boolean;
  readonly upcoming?: boolean;
  readonly onChoose: (number: number) => void;
  readonly children: React.ReactNode;
}

function Row({ number, end, chosen, upcoming = false, onChoose, children }: RowProps) {
  return (
    <div
      role="option"
      id={`lab-step-${number}`}
      className={`lab-step ${sideOf(end)}${upcoming ? ' upcoming' : ''}`}
      aria-selected={chosen}
      onClick={() => onChoose(number)}
    >
      <span className="lab-number">{number}</span> <span className="lab-end">{end}</span> {children}
    </div>
  );
}
