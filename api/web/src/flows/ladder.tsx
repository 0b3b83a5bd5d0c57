/** The ladder: who said what to whom, in the order of time, with the states of both ends. An SVG of our own. */

import type { KeyboardEvent } from 'react';
import type { SequencePage } from '../api/types';
import { plain } from '../parts/plain';
import { text } from '../text';
import { isMark, type Layout, type PacketStep, type Placed, TOP } from './ladder-layout';

const words = text.flows.ladder;

interface Props {
  readonly hosts: SequencePage['hosts'];
  readonly layout: Layout;
  readonly zoom: number;
  readonly selected: number | null;
  /** Packets that stand out. */
  readonly lit: ReadonlySet<number>;
  readonly litMark: number | null;
  /** Undefined: marks are only read. */
  readonly onPickMark: ((mark: number) => void) | undefined;
  readonly onPick: (packet: number) => void;
}

export function Ladder({ hosts, layout, zoom, selected, lit, litMark, onPickMark, onPick }: Props) {
  const { placed, height, width, lifelines } = layout;
  return (
    <svg
      className="ladder"
      role="group"
      aria-label={words.title}
      viewBox={`0 0 ${width} ${height}`}
      width={width * zoom}
      height={height * zoom}
    >
      <defs>
        <marker
          id="ladder-head"
          viewBox="0 0 10 10"
          refX="9"
          refY="5"
          markerWidth="9"
          markerHeight="9"
          orient="auto-start-reverse"
        >
          <path d="M0 0L10 5L0 10z" className="ladder-arrowhead" />
        </marker>
      </defs>
      {hosts.map(({ address, name, port }, at) => (
        <g key={`${address} ${port}`} className={at === 0 ? 'client' : at === 1 ? 'server' : 'other'}>
          <line className="lifeline" x1={lifelines[at]} x2={lifelines[at]} y1={TOP - 20} y2={height} />
          <text className="ladder-host" x={lifelines[at]} y={24} textAnchor="middle">
            {plain(name ?? address, 40)}
          </text>
          <text className="ladder-address" x={lifelines[at]} y={46} textAnchor="middle">
            {name === undefined ? '' : `${address} `}
            {port === null ? '' : words.port(port)}
          </text>
        </g>
      ))}
      {placed.map((place) =>
        isMark(place.step) ? (
          <Mark
            key={`mark ${place.step.mark}`}
            place={place}
            text={place.step.text}
            layout={layout}
            lit={place.step.mark === litMark}
            onPick={onPickMark?.bind(null, place.step.mark)}
          />
        ) : (
          <Arrow
            key={place.step.packet}
            step={place.step}
            y={place.y}
            layout={layout}
            selected={place.step.packet === selected}
            lit={lit.has(place.step.packet)}
            onPick={onPick}
          />
        ),
      )}
    </svg>
  );
}

function Mark({
  place: { y },
  text: words,
  layout,
  lit,
  onPick,
}: {
  readonly place: Placed;
  readonly text: string;
  readonly layout: Layout;
  readonly lit: boolean;
  readonly onPick: (() => void) | undefined;
}) {
  const shown = plain(words, 110);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: who has no mouse chooses the same in the list of steps
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same
    <g className={`ladder-mark${lit ? ' lit' : ''}${onPick === undefined ? '' : ' choosable'}`} onClick={onPick}>
      <rect x={8} y={y - 16} width={layout.width - 16} height={24} rx={5} />
      <text x={18} y={y}>
        {shown}
      </text>
    </g>
  );
}

interface ArrowProps {
  readonly step: PacketStep;
  readonly y: number;
  readonly layout: Layout;
  readonly selected: boolean;
  readonly lit: boolean;
  readonly onPick: (packet: number) => void;
}

/** What stands on an arrow: control bits with relative numbers, or what the application says. */
function labelOf({ label, flags, seq, ack, length }: PacketStep): string {
  const numbers = seq === undefined ? '' : words.numbers(seq, ack, length);
  const said = flags === undefined || label === flags ? label : `${label} [${flags}]`;
  return `${plain(said, 70)}${numbers === '' ? '' : ` · ${numbers}`}`;
}

function Arrow({ step, y, layout, selected, lit, onPick }: ArrowProps) {
  const { from, to, packet, relativeTime, sincePrevious, note, clientState, serverState } = step;
  const { lifelines, width } = layout;
  const self = from === to;
  const [x1, x2] = [lifelines[from], self ? lifelines[from] + 60 : lifelines[to]];
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    onPick(packet);
  };
  const label = labelOf(step);
  const name = words.step(packet, relativeTime?.toFixed(6) ?? '', label, note ?? '');
  const side = from === 0 ? 'client' : from === 1 ? 'server' : 'other';
  return (
    <g
      className={`ladder-step ${side}${lit ? ' lit' : ''}`}
      role="button"
      tabIndex={0}
      aria-label={name}
      aria-pressed={selected}
      onClick={() => onPick(packet)}
      onKeyDown={key}
    >
      <rect className="ladder-ground" x={4} y={y - 30} width={width - 8} height={44} rx={5} />
      <text className="ladder-time" x={14} y={y - 4}>
        {relativeTime?.toFixed(6) ?? ''}
      </text>
      <text className="ladder-gap" x={14} y={y - 18}>
        {sincePrevious === null ? '' : words.later(sincePrevious)}
      </text>
      <line className="ladder-line" x1={x1} x2={x2} y1={y} y2={y} markerEnd="url(#ladder-head)" />
      <text className="ladder-label" x={(x1 + x2) / 2} y={y - 8} textAnchor="middle">
        {label}
      </text>
      {clientState != null && (
        <text className="ladder-state" x={lifelines[0] - 8} y={y + 12} textAnchor="end">
          {clientState}
        </text>
      )}
      {serverState != null && lifelines.length > 1 && (
        <text className="ladder-state" x={lifelines[1] + 8} y={y + 12}>
          {serverState}
        </text>
      )}
      {note !== undefined && (
        <text className="ladder-note" x={lifelines[lifelines.length - 1] + 14} y={y - 4}>
          {plain(note, 60)}
        </text>
      )}
    </g>
  );
}
