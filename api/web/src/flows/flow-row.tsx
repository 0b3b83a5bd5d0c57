/** One conversation of the list. */

import type { CSSProperties, MouseEvent } from 'react';
import type { Flow } from '../api/types';
import { plain } from '../parts/plain';
import { HIDDEN } from '../room/challenge';
import { useLive } from '../state/live';
import { show } from '../state/view';
import { text } from '../text';
import { bytes, count } from '../text/app';
import { duration } from '../text/flows';
import { clientName, endOf, secondsBetween, serverName, stateOf, whatOf } from './flow-words';
import type { Hidden } from './hidden';

const words = text.flows;

interface Props {
  /** undefined: it is on its way. */
  readonly flow: Flow | undefined;
  readonly index: number;
  readonly selected: boolean;
  readonly hidden: Hidden;
  readonly style: CSSProperties;
  readonly onSelect: (index: number) => void;
  readonly onMenu: (index: number, event: MouseEvent) => void;
}

export function FlowRow({ flow, index, selected, hidden, style, onSelect, onMenu }: Props) {
  const row = {
    role: 'row',
    id: `flow-row-${index}`,
    'aria-rowindex': index + 2,
    'aria-selected': selected,
    className: 'flow-row flow-columns',
    style,
    onClick: () => onSelect(index),
  };
  if (flow === undefined)
    return (
      <div {...row}>
        <span role="gridcell" className="quiet">
          {text.app.loading}
        </span>
      </div>
    );
  const open = () => show({ flow: flow.id, part: 'stream' });
  const state = stateOf(flow);
  const lasted = secondsBetween(flow.firstTime, flow.lastTime);
  // What it goes over, where that is not what it is called.
  const under = flow.service ?? (flow.application === null ? null : flow.transport);
  const what = hidden.protocols ? HIDDEN : whatOf(flow);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it has the role of a row, and the grid has the keys
    <div
      {...row}
      onDoubleClick={open}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(index, event);
      }}
    >
      <End side="client" flow={flow} hidden={hidden} name={clientName(flow)} />
      <End side="server" flow={flow} hidden={hidden} name={serverName(flow)} />
      <span role="gridcell" className="flow-application">
        <button type="button" className="flow-open" tabIndex={-1} aria-label={words.open(what)} onClick={open}>
          {what}
        </button>
        {under !== null && !hidden.protocols && !hidden.ports && <small>{plain(under, 40)}</small>}
      </span>
      <Program flow={flow} />
      <span role="gridcell" className="flow-packets align-end" data-unit={words.unit(flow.packets)}>
        {count(flow.packets)}
      </span>
      <span role="gridcell" className="flow-bytes align-end">
        {hidden.lengths ? HIDDEN : bytes(flow.bytes)}
      </span>
      <span role="gridcell" className="flow-sides">
        {hidden.lengths ? HIDDEN : <Sides flow={flow} />}
      </span>
      <span role="gridcell" className="flow-state" title={hidden.flags ? undefined : state?.[1]}>
        {state === undefined ? '' : hidden.flags ? HIDDEN : state[0]}
      </span>
      <span role="gridcell" className="flow-rtt align-end" title={words.rttTitle}>
        {flow.handshakeRtt === null ? '' : duration(flow.handshakeRtt)}
      </span>
      <span role="gridcell" className="flow-duration align-end">
        {lasted === null || flow.packets < 2 ? '' : duration(lasted)}
      </span>
      <span role="gridcell" className="flow-when">
        <When flow={flow} />
      </span>
    </div>
  );
}

function End({
  side,
  flow,
  hidden,
  name,
}: {
  readonly side: 'client' | 'server';
  readonly flow: Flow;
  readonly hidden: Hidden;
  readonly name: string | undefined;
}) {
  const address = hidden.addresses ? HIDDEN : flow[side];
  const port = flow[`${side}Port`];
  const shown = hidden.ports && port !== null ? `${address}:${HIDDEN}` : endOf(address, port);
  // Names tell what they are names of.
  const called = hidden.addresses || hidden.words ? undefined : name;
  return (
    <span role="gridcell" className={`flow-${side} flow-end`} title={called === undefined ? undefined : shown}>
      <bdi>{called ?? shown}</bdi>
      {called !== undefined && <small>{shown}</small>}
    </span>
  );
}

function Program({ flow: { process } }: { readonly flow: Flow }) {
  if (process === null)
    return (
      <span role="gridcell" className="flow-program">
        <small>{words.unknownProgram}</small>
      </span>
    );
  const [name, user] = [plain(process.name, 40), plain(process.user, 30)];
  return (
    <span
      role="gridcell"
      className="flow-program"
      title={words.program(name, process.pid, user, plain(process.command, 400))}
    >
      <bdi>{name}</bdi>
      <small>
        {process.pid} · {user}
      </small>
    </span>
  );
}

/** How much each end said: a line and a bar each, so that colour is not all that tells them apart. */
function Sides({ flow }: { readonly flow: Flow }) {
  const { clientBytes, serverBytes, clientPackets, serverPackets } = flow;
  const most = Math.max(1, clientBytes, serverBytes);
  const sides = [
    { name: 'client', arrow: '→', octets: clientBytes, packets: clientPackets },
    { name: 'server', arrow: '←', octets: serverBytes, packets: serverPackets },
  ] as const;
  return sides.map(({ name, arrow, octets, packets }) => (
    <span key={name} className="flow-side" title={words.sides(words.sidesText[name], bytes(octets), packets)}>
      <span aria-hidden="true">{arrow}</span>
      <span className="flow-amount">{bytes(octets)}</span>
      <svg className="flow-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect className="whole" width="100" height="10" />
        <rect className={`by-${name}`} width={(100 * octets) / most} height="10" />
      </svg>
    </span>
  ));
}

/** When it was, within the time of the capture. */
function When({ flow }: { readonly flow: Flow }) {
  const capture = useLive((live) => live.capture);
  const start = secondsBetween(capture?.firstTime ?? null, flow.firstTime);
  const whole = secondsBetween(capture?.firstTime ?? null, capture?.lastTime ?? null);
  const lasted = secondsBetween(flow.firstTime, flow.lastTime);
  if (start === null || whole === null || lasted === null) return null;
  const scale = 100 / Math.max(whole, start + lasted, 1e-6);
  const title = words.lasted(duration(Math.max(0, start)), duration(lasted));
  const width = Math.min(100, Math.max(1.5, lasted * scale));
  return (
    <svg className="flow-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={title}>
      <title>{title}</title>
      <rect className="whole" width="100" height="10" />
      <rect className="span" x={Math.max(0, Math.min(100 - width, start * scale))} width={width} height="10" />
    </svg>
  );
}
