/** "Follow stream": what the two ends said, each in its colour, as it is said. */

import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { get } from '../api/client';
import type { Flow } from '../api/types';
import { ProblemNotice } from '../parts/problem-notice';
import { useChallenge } from '../room/challenge';
import { useLive } from '../state/live';
import { useView } from '../state/view';
import { text } from '../text';
import { FindInStream } from './find-in-stream';
import { findIn } from './stream-find';
import { LineMaker, type Look } from './stream-lines';
import { StreamLines } from './stream-list';
import { StreamTools } from './stream-tools';
import './stream-view.css';
import { type From, useStream } from './use-stream';

const words = text.flows.stream;
/** Packets of the flow with which "To the newest" begins. */
const NEWEST = 200;

export function StreamView({ flow }: { readonly flow: Flow }) {
  const hidden = useChallenge((challenge) => challenge.hidden.size > 0);
  if (hidden)
    return (
      <section className="stream" aria-label={words.title}>
        <p className="notice">{words.challenge}</p>
      </section>
    );
  return <Stream flow={flow} key={flow.id} />;
}

function Stream({ flow }: { readonly flow: Flow }) {
  const id = useView((view) => view.capture) ?? '';
  const running = useLive((live) => (live.id === id ? live.capture?.state === 'running' : undefined));
  const known = useLive((live) => live.id === id && live.capture !== null);
  const [look, setLook] = useState<Look>('text');
  const [from, setFrom] = useState<From>(undefined);
  // Where HTTP is looked for, the beginning of what could be a head waits for its end: elsewhere all comes at once.
  const [decode, setDecode] = useState<readonly string[]>(flow.application === 'http' ? ['http'] : []);
  const [begin, setBegin] = useState({ start: 0, turn: 0 });
  const [columns, setColumns] = useState(80);
  const [wanted, setWanted] = useState('');
  const [at, setAt] = useState(0);
  const [problem, setProblem] = useState<unknown>(null);
  const looking = useRef(false);

  const asked = { id, flow: flow.id, from, decode, running: known ? running : undefined, ...begin };
  const stream = useStream(asked);
  const { said, loading, live } = stream;
  const maker = useMemo(() => new LineMaker(look, columns, words), [look, columns]);
  const parts = said?.parts;
  const lines = useMemo(() => maker.lines(parts ?? []), [maker, parts]);
  const sought = useDeferredValue(wanted);
  const matches = useMemo(() => findIn(lines, sought), [lines, sought]);
  const match = matches[Math.min(at, matches.length - 1)];

  const toEnd = async () => {
    if (looking.current) return;
    looking.current = true;
    try {
      const query = { before: Number.MAX_SAFE_INTEGER, limit: NEWEST };
      const { packets } = await get('/api/captures/{id}/flows/{flow}/packets', { id, flow: flow.id }, query);
      setBegin({ start: Math.max(0, (packets[0]?.number ?? 1) - 1), turn: begin.turn + 1 });
      setProblem(null);
    } catch (error) {
      setProblem(error);
    } finally {
      looking.current = false;
    }
  };
  const nothing = decode.includes('tls')
    ? words.nothingDecrypted
    : from !== undefined
      ? words.nothingFrom
      : running
        ? words.nothingYet
        : words.nothing;

  return (
    <section className="stream" aria-label={words.title}>
      <StreamTools
        flow={flow}
        look={look}
        from={from}
        decode={decode}
        live={live}
        onLook={setLook}
        onFrom={setFrom}
        onDecode={setDecode}
      >
        <FindInStream
          wanted={wanted}
          at={Math.min(at, matches.length - 1)}
          found={matches.length}
          whole={said !== null && !said.more && !said.cut}
          onWanted={(text) => {
            setWanted(text);
            setAt(0);
          }}
          onStep={(by) => matches.length > 0 && setAt((at + by + matches.length) % matches.length)}
        />
      </StreamTools>
      <ProblemNotice error={stream.problem ?? problem} />
      {stream.gone && <p className="notice warn">{words.gone}</p>}
      {(said?.cut === true || said?.more === true) && (
        <p className="notice stream-place">
          {said.cut && (
            <>
              {words.earlier}{' '}
              <button type="button" onClick={() => setBegin({ start: 0, turn: begin.turn + 1 })}>
                {words.fromStart}
              </button>
            </>
          )}
          {said.more && (
            <button type="button" onClick={() => void toEnd()}>
              {words.toEnd}
            </button>
          )}
        </p>
      )}
      {lines.length === 0 && stream.problem === null && (
        <p className="notice">{loading || said === null ? text.app.loading : nothing}</p>
      )}
      <StreamLines
        lines={lines}
        match={match}
        live={live}
        more={said?.more === true && !loading}
        onMore={stream.loadMore}
        onColumns={setColumns}
      />
      {said?.more === true && loading && <p className="stream-more">{words.more}</p>}
    </section>
  );
}
