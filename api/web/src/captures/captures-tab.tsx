/** All captures: which there are, and what can be done with them. */

import { useState } from 'react';
import type { Capture } from '../api/types';
import { dateTime } from '../parts/format';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { showCapture, useView } from '../state/view';
import { text } from '../text';
import { bytes, count } from '../text/app';
import { CaptureActions } from './capture-actions';
import './captures.css';
import { Marks } from './marks';
import { OpenFile } from './open-file';
import { lostOf } from './status-bar';
import { useCaptures } from './use-captures';

const words = text.captures;

/** What a capture is of: its interfaces, or its file. */
function sourceOf({ source, interfaces }: Capture): string {
  const of = source as { interfaces?: readonly string[]; captureFilter?: string; file?: string; name?: string };
  if (source.kind === 'import') return words.file(plain(of.file ?? of.name ?? '', 200));
  const names = of.interfaces ?? interfaces.map(({ name }) => name);
  return plain([names.join(', '), of.captureFilter ?? ''].filter(Boolean).join(' · '), 300);
}

export function CapturesTab() {
  const { data, error, isPending } = useCaptures();
  const shown = useView((view) => view.capture);
  return (
    <div className="captures">
      <div className="captures-tools">
        <OpenFile />
        <span>{words.drop}</span>
      </div>
      <ProblemNotice error={error} />
      {isPending && <p className="notice">{text.app.loading}</p>}
      {data?.length === 0 && (
        <section className="empty-state">
          <h2>{words.none.title}</h2>
          <p>{words.none.text}</p>
        </section>
      )}
      {data !== undefined && data.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by keyboard
        <section className="captures-scroll" aria-label={words.list} tabIndex={0}>
          <table className="captures-table">
            <thead>
              <tr>
                {Object.values(words.columns).map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.toReversed().map((capture) => (
                <CaptureRow key={capture.id} capture={capture} current={capture.id === shown} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {shown !== null && <Marks capture={shown} />}
    </div>
  );
}

function CaptureRow({ capture, current }: { readonly capture: Capture; readonly current: boolean }) {
  const [problem, setProblem] = useState<Error | null>(null);
  const lost = lostOf(capture.loss);
  const { trigger } = capture;
  const name = plain(capture.name, 200);
  return (
    <tr aria-current={current ? 'true' : undefined}>
      <td>
        <button
          type="button"
          className="link"
          aria-label={words.show(name)}
          onClick={() => showCapture(capture.id, { tab: 'packets', filter: '' })}
        >
          {name}
        </button>
        {capture.error !== undefined && <p className="notice bad">{plain(capture.error)}</p>}
        {trigger !== undefined && (
          <p className="notice">
            {trigger.packet === null
              ? words.waiting(plain(trigger.filter))
              : words.trigger(plain(trigger.filter), trigger.packet)}
          </p>
        )}
        {capture.warnings.map((warning) => (
          <p className="notice warn" key={warning}>
            {plain(warning)}
          </p>
        ))}
        <ProblemNotice error={problem} />
      </td>
      <td>
        <span className={`state ${capture.state}`}>{text.app.states[capture.state]}</span>
      </td>
      <td>{sourceOf(capture)}</td>
      <td className="number">{count(capture.packets)}</td>
      <td className="number">{bytes(capture.bytes)}</td>
      <td>{dateTime(capture.startedAt)}</td>
      <td className={lost === null || lost === 0 ? 'number' : 'number lost'}>
        {lost === null ? text.app.lost.notKnown : count(lost)}
      </td>
      <td>
        <CaptureActions capture={capture} onProblem={setProblem} />
      </td>
    </tr>
  );
}
