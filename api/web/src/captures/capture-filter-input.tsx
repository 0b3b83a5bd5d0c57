/** The capture filter, checked by the compiler of libpcap as it is typed. */

import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useId } from 'react';
import { get } from '../api/client';
import { plain } from '../parts/plain';
import { text } from '../text';

const words = text.captures.dialog;

interface Props {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** The interface whose link type the filter is compiled for. */
  readonly on: string;
}

export function CaptureFilterInput({ value, onChange, on }: Props) {
  const filter = useDeferredValue(value.trim());
  const help = useId();
  const { data, error } = useQuery({
    queryKey: ['capture-filter', filter, on],
    queryFn: ({ signal }) => get('/api/capture-filters/check', {}, { filter, interface: on }, signal),
    enabled: filter !== '',
    staleTime: 60_000,
  });
  const wrong = filter === '' ? undefined : (data?.error ?? (error === null ? undefined : error.message));
  const state = filter === '' || data === undefined ? '' : data.valid ? 'valid' : 'invalid';
  return (
    <label className="field">
      <span>{words.captureFilter}</span>
      <input
        className={`code ${state}`}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        spellCheck={false}
        aria-invalid={wrong !== undefined}
        aria-describedby={help}
        placeholder="udp port 53"
      />
      <small id={help} className={wrong === undefined ? undefined : 'lost'}>
        {(wrong === undefined ? undefined : plain(wrong)) ??
          (state === 'valid' ? words.captureFilterGood : words.captureFilterHelp)}
      </small>
    </label>
  );
}
