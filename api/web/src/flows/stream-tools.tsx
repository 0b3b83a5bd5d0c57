/** How a stream is shown, and the ways to take it along. */

import type { ReactNode } from 'react';
import { address } from '../api/client';
import type { Flow } from '../api/types';
import { useView } from '../state/view';
import { text } from '../text';
import { clientOf, serverOf } from './flow-words';
import type { Look } from './stream-lines';
import type { From } from './use-stream';

const words = text.flows.stream;

interface Props {
  readonly flow: Flow;
  readonly look: Look;
  readonly from: From;
  readonly decode: readonly string[];
  readonly live: boolean;
  readonly onLook: (look: Look) => void;
  readonly onFrom: (from: From) => void;
  readonly onDecode: (decode: readonly string[]) => void;
  readonly children: ReactNode;
}

export function StreamTools({ flow, look, from, decode, live, onLook, onFrom, onDecode, children }: Props) {
  const path = { id: useView((view) => view.capture) ?? '', flow: flow.id };
  return (
    <div className="flow-tools">
      <fieldset className="segmented">
        <legend className="visually-hidden">{words.look}</legend>
        {(['text', 'hex'] as const).map((one) => (
          <button type="button" key={one} aria-pressed={look === one} onClick={() => onLook(one)}>
            {words.looks[one]}
          </button>
        ))}
      </fieldset>
      <label className="stream-who">
        {words.who}{' '}
        <select value={from ?? ''} onChange={(event) => onFrom((event.target.value || undefined) as From)}>
          <option value="">{words.both}</option>
          <option value="client">{words.client(clientOf(flow))}</option>
          <option value="server">{words.server(serverOf(flow))}</option>
        </select>
      </label>
      {flow.transport === 'tcp' &&
        (['tls', 'http'] as const).map((what) => (
          <label key={what}>
            <input
              type="checkbox"
              checked={decode.includes(what)}
              onChange={({ target }) =>
                onDecode(target.checked ? [...decode, what] : decode.filter((one) => one !== what))
              }
            />{' '}
            {words.decode[what]}
          </label>
        ))}
      <span className="stream-saves">
        {words.save}{' '}
        {(['both', 'client', 'server'] as const).map((end) => (
          <a
            key={end}
            href={address('/api/captures/{id}/flows/{flow}/stream', path, {
              format: 'raw',
              from: end === 'both' ? undefined : end,
              decode,
            })}
            aria-label={words.saveNames[end]}
            title={words.saveNames[end]}
            download
          >
            {words.saves[end]}
          </a>
        ))}
      </span>
      {children}
      <span className="stream-live" role="status" title={live ? words.liveTitle : undefined}>
        {live && (
          <>
            <span aria-hidden="true">● </span>
            {words.live}
          </>
        )}
      </span>
    </div>
  );
}
