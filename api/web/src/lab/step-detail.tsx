/** One step: the call, what became of it, why it is made, its code, and its packets. */

import type { LabRun, LabStep } from '../api/types';
import { plain } from '../parts/plain';
import { show } from '../state/view';
import { text } from '../text';
import { CodeView } from './code-view';
import { sideOf } from './lab-part';

const words = text.lab.step;
/** Packets of a step that are listed. */
const MOST = 20;
/** Characters of what a step printed. */
const LONGEST = 20_000;

type Told = NonNullable<LabRun['next']>;

export function StepDetail({ run, number }: { readonly run: LabRun; readonly number: number }) {
  const made: LabStep | undefined = run.steps[number - 1];
  const step: Told | undefined = made ?? run.next ?? undefined;
  if (step === undefined)
    return (
      <section className="lab-detail" aria-label={words.region}>
        <p className="quiet">{run.state === 'running' ? text.lab.page.wait : text.lab.steps.empty}</p>
      </section>
    );
  return (
    <section className="lab-detail" aria-label={words.region}>
      <p className="quiet">{made === undefined ? words.next : words.title(number, run.steps.length)}</p>
      <h3 className={`lab-call ${sideOf(step.end)}`}>
        <span className="lab-end">{step.end}</span>
        <code>
          {step.call}({plain(step.arguments.join(', '), 400)})
        </code>
      </h3>
      {made !== undefined && (
        <p className="lab-result">
          {made.error === undefined ? words.result : words.failed}{' '}
          <code className={made.error === undefined ? '' : 'lab-error'}>{plain(made.result, 400)}</code>
        </p>
      )}
      {step.note !== undefined && <p className="lab-note">{plain(step.note)}</p>}
      {made?.output !== undefined && (
        <>
          <h4>{words.output}</h4>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by keyboard */}
          <section className="lab-output" tabIndex={0} aria-label={words.output}>
            <pre>{linesOf(made.output)}</pre>
          </section>
        </>
      )}
      <CodeView code={step.code} />
      {made === undefined ? <p className="quiet">{words.notYet}</p> : <Packets run={run} step={made} />}
      {step.look !== undefined && made !== undefined && (
        <p className="lab-look">
          {words.look}{' '}
          <button
            type="button"
            className="link"
            title={words.lookTitle}
            onClick={() => show({ tab: 'packets', filter: step.look ?? '', packet: made.packets[0] ?? null })}
          >
            <code>{step.look}</code>
          </button>
        </p>
      )}
    </section>
  );
}

/** Its line feeds stay what they are; nothing else moves the cursor. */
const linesOf = (output: string): string =>
  output
    .slice(0, LONGEST)
    .split('\n')
    .map((line) => plain(line))
    .join('\n');

function Packets({ run, step }: { readonly run: LabRun; readonly step: LabStep }) {
  if (step.packets.length === 0 && step.received.length === 0) return <p className="quiet">{words.none}</p>;
  return (
    <>
      <PacketList run={run} title={words.made} numbers={step.packets} />
      <PacketList run={run} title={words.received} numbers={step.received} />
    </>
  );
}

interface ListProps {
  readonly run: LabRun;
  readonly title: string;
  readonly numbers: readonly number[];
}

function PacketList({ run, title, numbers }: ListProps) {
  if (numbers.length === 0) return null;
  const rows = new Map(run.packets.map((row) => [row.number, row]));
  return (
    <>
      <h4>{title}</h4>
      <ul className="lab-packets">
        {numbers.slice(0, MOST).map((number) => (
          <li key={number}>
            <button type="button" className="lab-packet" onClick={() => show({ tab: 'packets', packet: number })}>
              <span className="lab-number">
                <span className="visually-hidden">{words.packet}</span> {number}
              </span>{' '}
              <span>{plain(rows.get(number)?.protocol ?? '', 30)}</span>{' '}
              <bdi>{plain(rows.get(number)?.info ?? '', 200)}</bdi>
            </button>
          </li>
        ))}
      </ul>
      {numbers.length > MOST && <p className="quiet">{words.more(numbers.length - MOST)}</p>}
    </>
  );
}
