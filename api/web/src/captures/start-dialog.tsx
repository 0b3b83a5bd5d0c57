/** Everything that a capture can be started with; what most people need stands first. */

import { Dialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { change, ServiceError } from '../api/client';
import type { Bodies } from '../api/types';
import { ProblemNotice } from '../parts/problem-notice';
import { showCapture } from '../state/view';
import { text } from '../text';
import { CaptureFilterInput } from './capture-filter-input';
import './captures.css';
import { InterfacePicker } from './interface-picker';

const words = text.captures.dialog;
type Start = Bodies['POST /api/captures'];
type Action = NonNullable<Start['trigger']>['action'];

/** The number in a form's field; undefined: it is empty. */
function numberOf(form: FormData, name: string): number | undefined {
  const value = String(form.get(name) ?? '').trim();
  return value === '' ? undefined : Number(value);
}

function textOf(form: FormData, name: string): string | undefined {
  const value = String(form.get(name) ?? '').trim();
  return value === '' ? undefined : value;
}

/** An object without its undefined members, or undefined when nothing is left. */
function some<T extends object>(members: T): { [K in keyof T]: NonNullable<T[K]> } | undefined {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as { [K in keyof T]: NonNullable<T[K]> });
}

function requestOf(form: FormData, interfaces: readonly string[], captureFilter: string): Start {
  const when = textOf(form, 'when');
  return {
    interfaces: [...interfaces],
    promiscuous: form.get('promiscuous') === 'on',
    ...some({
      name: textOf(form, 'name'),
      engine: textOf(form, 'engine') as Start['engine'],
      captureFilter: captureFilter.trim() || undefined,
      snapLength: numberOf(form, 'snapLength'),
      stop: some({
        packets: numberOf(form, 'stopPackets'),
        seconds: numberOf(form, 'stopSeconds'),
        bytes: numberOf(form, 'stopBytes'),
      }),
      ring: some({ bytes: numberOf(form, 'ringBytes') }),
      trigger: when === undefined ? undefined : { when, action: (textOf(form, 'action') ?? 'stop') as Action },
    }),
  } as Start;
}

export function StartDialog({ onClose }: { readonly onClose: () => void }) {
  const [chosen, setChosen] = useState<readonly string[]>(['any']);
  const [captureFilter, setCaptureFilter] = useState('');
  const [engine, setEngine] = useState('native');
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: (body: Start) => change('POST', '/api/captures', {}, body),
    onSuccess: (capture) => {
      void queries.invalidateQueries({ queryKey: ['captures'] });
      showCapture(capture.id, { tab: 'packets', filter: '' });
      onClose();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // A raw socket hears a protocol, not an interface.
    const interfaces = engine === 'raw-socket' ? ['icmp'] : chosen;
    start.mutate(requestOf(new FormData(event.currentTarget), interfaces, captureFilter));
  };
  return (
    <Dialog open onClose={onClose} className="dialog" backdrop={<div className="backdrop" />}>
      <DialogHeading className="dialog-title">{words.title}</DialogHeading>
      <form onSubmit={submit} className="dialog-form">
        <InterfacePicker chosen={chosen} onChange={setChosen} disabled={engine === 'raw-socket'} />
        <CaptureFilterInput value={captureFilter} onChange={setCaptureFilter} on={chosen[0] ?? 'any'} />
        <label className="field">
          <span>{words.name}</span>
          <input name="name" maxLength={200} placeholder={words.namePlaceholder} />
        </label>
        <details>
          <summary>{words.more}</summary>
          <div className="dialog-grid">
            <label className="field">
              <span>{words.engine}</span>
              <select name="engine" value={engine} onChange={(event) => setEngine(event.target.value)}>
                {Object.entries(words.engines).map(([name, title]) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
              </select>
            </label>
            <Amount name="snapLength" title={words.snapLength} help={words.snapLengthHelp} max={262144} />
            <Amount name="stopPackets" title={words.stopPackets} />
            <Amount name="stopSeconds" title={words.stopSeconds} />
            <Amount name="stopBytes" title={words.stopBytes} />
            <Amount name="ringBytes" title={words.ringBytes} />
            <label className="field">
              <span>{words.when}</span>
              <input name="when" spellCheck={false} className="code" placeholder="tcp.flags.reset == 1" />
              <small>{words.whenHelp}</small>
            </label>
            <label className="field">
              <span>{words.action}</span>
              <select name="action" defaultValue="stop">
                {Object.entries(words.actions).map(([name, title]) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
              </select>
            </label>
            <label className="check">
              <input type="checkbox" name="promiscuous" defaultChecked /> {words.promiscuous}
            </label>
          </div>
        </details>
        {start.error instanceof ServiceError && start.error.status === 403 ? (
          <div className="notice bad" role="alert">
            {start.error.message} {words.permission}
            <pre className="command">{start.error.hint}</pre>
          </div>
        ) : (
          <ProblemNotice error={start.error} />
        )}
        <div className="dialog-buttons">
          <DialogDismiss>{text.captures.cancel}</DialogDismiss>
          <button type="submit" className="primary" disabled={start.isPending || chosen.length === 0}>
            {start.isPending ? words.beginning : words.begin}
          </button>
        </div>
        {chosen.length === 0 && <p className="notice warn">{words.noInterface}</p>}
      </form>
    </Dialog>
  );
}

interface AmountProps {
  readonly name: string;
  readonly title: string;
  readonly help?: string;
  readonly max?: number;
}

function Amount({ name, title, help, max }: AmountProps) {
  return (
    <label className="field">
      <span>{title}</span>
      <input type="number" name={name} min={1} step={1} {...(max === undefined ? {} : { max })} />
      {help !== undefined && <small>{help}</small>}
    </label>
  );
}
