/** The ladder of one conversation, or of everything that the filter shows: zoom, more, and pictures to take away. */

import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { placeByKey } from '../parts/list-keys';
import { ProblemNotice } from '../parts/problem-notice';
import { useChallenge } from '../room/challenge';
import { useLive } from '../state/live';
import { useSettings } from '../state/settings';
import { effectiveFilter, show, useView } from '../state/view';
import { text } from '../text';
import { hiddenBy } from './hidden';
import { LadderHeads, LadderSteps, stepId } from './ladder';
import './ladder.css';
import { HEAD, inSight, isMark, layoutOf, type Spacing, type Step } from './ladder-layout';
import { LadderSave } from './ladder-save';
import { noteOf } from './ladder-words';
import { MOST_STEPS, useLadder } from './use-ladder';

const words = text.flows.ladder;
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;
/** Pixels beyond what is seen that are drawn, so that scrolling shows no holes. */
const AROUND = 600;
const PAGE_STEPS = 8;

interface Props {
  /** Id of the conversation; null: everything that the filter shows. */
  readonly flow: number | null;
  /** Another display filter than the view's. */
  readonly filter?: string;
  /** Steps that stand out together; the ladder goes to the first of them. */
  readonly isLit?: (step: Step) => boolean;
  /** What choosing a step does besides. */
  readonly onChoose?: (step: Step) => void;
  /** Another text: there is something new, though the capture may have ended meanwhile. */
  readonly news?: string;
}

/** Large where type is large, and on the largest screens. */
function firstZoom(): number {
  const { large } = useSettings.getState();
  if (window.innerWidth >= 3000) return large ? 2 : 1.5;
  return large ? 1.5 : 1;
}

export function LadderView({ flow, filter: given, isLit, onChoose, news = '' }: Props) {
  const id = useView((view) => view.capture) ?? '';
  const shownFilter = useView(effectiveFilter);
  const filter = given ?? shownFilter;
  const packet = useView((view) => view.packet);
  const growing = useLive((live) =>
    live.id !== id || live.capture === null ? undefined : /^(running|importing)$/.test(live.capture.state),
  );
  const names = useChallenge((challenge) => challenge.hidden);
  const hidden = useMemo(() => hiddenBy(names), [names]);
  const [zoom, setZoom] = useState(firstZoom);
  const [spacing, setSpacing] = useState<Spacing>('compact');
  const { hosts, steps, left, more, problem, loading, loadMore } = useLadder({ id, flow, filter, growing, news });
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800, width: 1200 });
  const room = Math.floor(seen.width / zoom);
  const layout = useMemo(
    () => layoutOf(steps, hosts.length, room, spacing, (step) => noteOf(step, hidden)),
    [steps, hosts.length, room, spacing, hidden],
  );
  const { placed, width, height } = layout;
  const chosen = useMemo(() => steps.findIndex((step) => !isMark(step) && step.packet === packet), [steps, packet]);
  const [active, setActive] = useState(-1);
  const at = Math.min(active === -1 ? chosen : active, steps.length - 1);
  const sight = inSight(placed, (seen.top - AROUND) / zoom, (seen.top + seen.height + AROUND) / zoom);
  const empty = steps.length === 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the box is there once there are steps
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const { scrollTop: top, clientHeight, clientWidth } = element;
      setSeen({ top, height: clientHeight, width: clientWidth });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [empty]);

  const reveal = (place: number) => {
    const element = box.current;
    if (element === null || placed[place] === undefined) return;
    const top = placed[place].top * zoom;
    const bottom = (placed[place].end + HEAD) * zoom;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  };
  // A packet that was chosen elsewhere, or by the presenter, comes into sight.
  const shown = useRef<number | null>(null);
  useEffect(() => {
    if (chosen < 0 || shown.current === packet) return;
    shown.current = packet;
    setActive(chosen);
    reveal(chosen);
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the ladder moves only where another step stands out
  useEffect(() => {
    if (isLit === undefined) return;
    // All of them where there is room; otherwise they begin at the top.
    reveal(steps.findLastIndex(isLit));
    reveal(steps.findIndex(isLit));
  }, [isLit, steps]);

  const pick = (place: number) => {
    const step = steps[place];
    if (step === undefined) return;
    setActive(place);
    reveal(place);
    onChoose?.(step);
    if (isMark(step)) return;
    shown.current = step.packet;
    show({ packet: step.packet });
  };
  const open = (place: number) => {
    const step = steps[place];
    if (step !== undefined && !isMark(step)) show({ tab: 'packets', packet: step.packet }, false);
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const to = placeByKey(event.key, at, PAGE_STEPS, steps.length);
    if (to !== undefined) pick(to);
    else if (event.key === 'Enter') open(at);
    else return;
    event.preventDefault();
  };

  const common = { hosts, layout, hidden };
  return (
    <section className="stream" aria-label={words.region}>
      <div className="flow-tools">
        <strong role="status">{empty ? '' : words.steps(steps.length, more)}</strong>
        <label>
          {words.zoom}{' '}
          <select value={zoom} onChange={(event) => setZoom(Number(event.target.value))}>
            {ZOOMS.map((one) => (
              <option key={one} value={one}>
                {Math.round(one * 100)} %
              </option>
            ))}
          </select>
        </label>
        <label>
          {words.spacing}{' '}
          <select value={spacing} onChange={(event) => setSpacing(event.target.value as Spacing)}>
            {(['compact', 'scale'] as const).map((one) => (
              <option key={one} value={one}>
                {words.spacings[one]}
              </option>
            ))}
          </select>
        </label>
        <LadderSave {...common} name={flow === null ? 'ladder' : `ladder-flow-${flow}`} />
        <span className="quiet flow-about">{words.help}</span>
      </div>
      <ProblemNotice error={problem} />
      {empty && problem === null && <p className="notice">{loading ? text.app.loading : words.nothing}</p>}
      {left > 0 && <p className="notice warn">{words.hostsCut(hosts.length, left)}</p>}
      {!empty && (
        <div
          className="ladder-view"
          ref={box}
          onScroll={({ currentTarget }) => setSeen({ ...seen, top: currentTarget.scrollTop })}
        >
          <svg
            className="ladder ladder-heads"
            aria-hidden="true"
            viewBox={`0 0 ${width} ${HEAD}`}
            width={width * zoom}
            height={HEAD * zoom}
          >
            <LadderHeads {...common} />
          </svg>
          <div
            className="ladder-list"
            role="listbox"
            aria-label={words.title}
            aria-description={words.help}
            aria-activedescendant={at >= sight[0] && at < sight[1] ? stepId(at) : undefined}
            tabIndex={0}
            onKeyDown={key}
          >
            <svg
              className="ladder"
              role="presentation"
              viewBox={`0 0 ${width} ${height}`}
              width={width * zoom}
              height={height * zoom}
            >
              <LadderSteps
                {...common}
                sight={sight}
                active={at}
                selected={packet}
                isLit={isLit}
                onPick={pick}
                onOpen={open}
              />
            </svg>
          </div>
          {more && steps.length < MOST_STEPS && (
            <button type="button" className="ladder-more" disabled={loading} onClick={loadMore}>
              {loading ? text.app.loading : words.more}
            </button>
          )}
          {steps.length >= MOST_STEPS && <p className="notice">{words.most(MOST_STEPS)}</p>}
        </div>
      )}
    </section>
  );
}
