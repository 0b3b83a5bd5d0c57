/** The ladder: who said what to whom, in the order of time, with the states of both ends. An SVG of our own. */

import type { SequencePage } from '../api/types';
import { plain } from '../parts/plain';
import { text } from '../text';
import type { Hidden } from './hidden';
import {
  HEAD,
  isMark,
  type Layout,
  type MarkStep,
  MONO,
  type PacketStep,
  type Placed,
  type Step,
} from './ladder-layout';
import { hostName, hostPlace, labelOf, numbersOf, sideOf, stepName } from './ladder-words';

const words = text.flows.ladder;

type Hosts = SequencePage['hosts'];
/** Of many hosts nobody is the client of all of them. */
const sideName = (at: number, hosts: Hosts) =>
  hosts.length > 2 ? 'other' : at === 0 ? 'client' : at === 1 ? 'server' : 'other';

/** Pixels that a label has at least, where there is room beside its arrow, and those of the times at the left. */
const LABEL = 420;
const TIMES = 95;

/** A text that fits into so many CSS pixels. */
function fitting(said: string, pixels: number): string {
  const characters = Math.max(4, Math.floor(pixels / MONO));
  return said.length <= characters ? said : `${said.slice(0, characters - 1)}…`;
}

interface HeadsProps {
  readonly hosts: Hosts;
  readonly layout: Layout;
  readonly hidden: Hidden;
}

export function LadderHeads({ hosts, layout: { lifelines, width, narrow }, hidden }: HeadsProps) {
  return hosts.map((host, at) => {
    const anchor = !narrow ? 'middle' : at === 0 ? 'start' : 'end';
    const x = !narrow ? lifelines[at] : at === 0 ? 8 : width - 8;
    const room = narrow ? width / 2 - 12 : hosts.length <= 2 ? 300 : 185;
    return (
      <g key={`${host.address} ${host.port}`}>
        <text className={`ladder-host ${sideName(at, hosts)}`} x={x} y={20} textAnchor={anchor}>
          {fitting(hostName(host, hidden), room)}
        </text>
        <text className="ladder-address" x={x} y={39} textAnchor={anchor}>
          {fitting(hostPlace(host, hidden), room)}
        </text>
        <line className="ladder-life" x1={lifelines[at]} x2={lifelines[at]} y1={HEAD - 8} y2={HEAD} />
      </g>
    );
  });
}

interface StepsProps extends HeadsProps {
  /** Which steps stand out. */
  readonly isLit?: ((step: Step) => boolean) | undefined;
  /** Places of the first step that is drawn, and behind the last one. */
  readonly sight: readonly [number, number];
  /** Place of the step that the keys are at; -1 for none. */
  readonly active: number;
  readonly selected: number | null;
  readonly onPick?: (at: number) => void;
  readonly onOpen?: (at: number) => void;
}

/** Ids of the steps, for assistive technology. */
export const stepId = (at: number): string => `ladder-step-${at}`;

export function LadderSteps(props: StepsProps) {
  const { hosts, layout, hidden, isLit, sight, active, selected, onPick, onOpen } = props;
  const { placed, lifelines, height } = layout;
  const [first, last] = sight;
  return (
    <>
      <g>
        {lifelines.map((x, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a lifeline is its place
          <line key={at} className="ladder-life" x1={x} x2={x} y1={0} y2={height} />
        ))}
      </g>
      {placed.slice(first, last).map((place, offset) => {
        const at = first + offset;
        const item = {
          id: stepId(at),
          role: 'option',
          'aria-selected': !isMark(place.step) && place.step.packet === selected,
          'aria-posinset': at + 1,
          'aria-setsize': placed.length,
          'data-active': at === active,
          'data-lit': isLit?.(place.step) ?? false,
          onClick: () => onPick?.(at),
          onDoubleClick: () => onOpen?.(at),
        };
        if (isMark(place.step))
          return (
            <g key={at} className="ladder-mark" {...item}>
              <Phases place={place} layout={layout} hidden={hidden} />
              <Mark step={place.step} place={place} layout={layout} />
            </g>
          );
        return (
          <g key={at} className={`ladder-step ${sideName(place.step.from, hosts)}`} {...item}>
            <title>{stepName(place.step, hosts, hidden)}</title>
            <Arrow step={place.step} place={place} layout={layout} hidden={hidden} />
          </g>
        );
      })}
    </>
  );
}

/** A call of a program, or what somebody wrote: at the end where it was made. */
function Mark({ step, place, layout }: { readonly step: MarkStep; readonly place: Placed; readonly layout: Layout }) {
  const { width, lifelines, narrow } = layout;
  const side = lifelines.length <= 2 ? sideOf(step) : undefined;
  const said = fitting(plain(step.text, 300), width - 40);
  const wide = said.length * MONO + 20;
  const right = width - 8 - wide;
  const x =
    side === 'server' && lifelines.length === 2
      ? Math.max(8, Math.min(narrow ? right : lifelines[1] - 16, right))
      : side === 'client'
        ? Math.max(8, Math.min(lifelines[0] - (narrow ? 18 : 186), right))
        : 8;
  const y = place.y;
  return (
    <>
      <title>{words.mark(plain(step.text, 1000))}</title>
      <rect
        className={`ladder-box ${side ?? ''}`}
        x={x}
        y={y - 13}
        width={side === undefined ? width - 16 : wide}
        height={24}
        rx={5}
      />
      <text className="ladder-call" x={x + 10} y={y + 4}>
        {said}
      </text>
    </>
  );
}

interface ArrowProps {
  readonly step: PacketStep;
  readonly place: Placed;
  readonly layout: Layout;
  readonly hidden: Hidden;
}

function Arrow({ step, place, layout, hidden }: ArrowProps) {
  const { from, to, relativeTime, sincePrevious } = step;
  const { y, top, end, notes } = place;
  const { lifelines, width, narrow } = layout;
  const self = from === to;
  const x1 = lifelines[from];
  const x2 = self ? x1 : lifelines[to];
  const middle = self ? x1 + 70 : (x1 + x2) / 2;
  // Beside a short arrow nothing else stands in its row.
  const room = self ? 250 : Math.max(Math.abs(x2 - x1) - 16, Math.min(LABEL, 2 * (middle - TIMES)));
  const way = x2 > x1 ? 1 : -1;
  const time = relativeTime?.toFixed(6) ?? '';
  const gap = sincePrevious === null ? '' : words.later(Math.max(0, sincePrevious));
  const noteX = narrow ? lifelines[0] + 12 : lifelines[lifelines.length - 1] + 120;
  return (
    <>
      <rect className="ladder-ground" x={2} y={top} width={width - 4} height={end - top} rx={5} />
      <Phases place={place} layout={layout} hidden={hidden} />
      <States place={place} step={step} layout={layout} hidden={hidden} />
      {narrow ? (
        <text className="ladder-time" x={middle} y={top + 12} textAnchor="middle">
          {`${time}  ${gap}`}
        </text>
      ) : (
        <>
          <text className="ladder-time" x={12} y={y - 4}>
            {time}
          </text>
          <text className="ladder-gap" x={12} y={y + 11}>
            {gap}
          </text>
        </>
      )}
      {self ? (
        <path className="ladder-line" d={`M${x1} ${y - 8}h40v16h-34`} />
      ) : (
        <line className="ladder-line" x1={x1 + 3 * way} x2={x2 - 9 * way} y1={y} y2={y} />
      )}
      <path
        className="ladder-tip"
        d={self ? `M${x1 + 3} ${y + 8}l9 -5v10z` : `M${x2 - 3 * way} ${y}l${-10 * way} -5v10z`}
      />
      <text className="ladder-label" x={middle} y={y - 8} textAnchor={self ? 'start' : 'middle'}>
        {fitting(labelOf(step, hidden), room)}
      </text>
      <text className="ladder-numbers" x={middle} y={y + 15} textAnchor={self ? 'start' : 'middle'}>
        {fitting(numbersOf(step, hidden), room)}
      </text>
      {notes.map((line, at) => (
        <text key={line} className="ladder-note" x={noteX} y={(narrow ? y + 45 : y - 4) + at * 15}>
          {line}
        </text>
      ))}
    </>
  );
}

/** TCP's states as bands along the lifelines: before the step, and after it. */
function Phases({ place, layout, hidden }: Omit<ArrowProps, 'step'>) {
  const { step, since, y, end, before } = place;
  const { lifelines } = layout;
  if (hidden.flags || lifelines.length > 2) return null;
  const band = (x: number | undefined, state: string | null | undefined, from: number, to: number) =>
    x === undefined || state == null ? null : (
      <line className={`ladder-phase ${phaseOf(state)}`} x1={x} x2={x} y1={from} y2={to} />
    );
  const [client, server] = lifelines;
  const change = isMark(step) ? end : y;
  return (
    <>
      {band(client, before.client, since, change)}
      {band(server, before.server, since, change)}
      {!isMark(step) && band(client, step.clientState, y, end)}
      {!isMark(step) && band(server, step.serverState, y, end)}
    </>
  );
}

/** The names of TCP's states after the step. */
function States({ place, step, layout, hidden }: ArrowProps) {
  const { lifelines, narrow } = layout;
  if (hidden.flags || lifelines.length > 2) return null;
  const { y, before } = place;
  const ends = [
    { name: 'client', was: before.client, is: step.clientState, outwards: -1 },
    { name: 'server', was: before.server, is: step.serverState, outwards: 1 },
  ] as const;
  return ends.map(({ name, was, is, outwards }, at) => {
    const x = lifelines[at];
    if (x === undefined || is == null) return null;
    const towards = narrow ? -outwards : outwards;
    return (
      <text
        key={name}
        className={was === is ? 'ladder-state' : 'ladder-state changed'}
        x={x + 10 * towards}
        y={narrow ? y + 30 : y + 15}
        textAnchor={towards < 0 ? 'end' : 'start'}
      >
        {is}
      </text>
    );
  });
}

const phaseOf = (state: string): string =>
  state === 'ESTABLISHED'
    ? 'open'
    : state === 'CLOSED'
      ? 'closed'
      : /^(LISTEN|SYN)/.test(state)
        ? 'opening'
        : 'closing';
