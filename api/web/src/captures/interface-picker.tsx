/** The interfaces, with what goes over each of them just now. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { get } from '../api/client';
import type { InterfaceInfo } from '../api/types';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { text } from '../text';
import { Sparkline } from './sparkline';

const words = text.captures.dialog;
/** Seconds that a sparkline shows. */
const SECONDS = 30;

interface Props {
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
  readonly disabled: boolean;
}

export function InterfacePicker({ chosen, onChange, disabled }: Props) {
  const { data, error, dataUpdatedAt } = useQuery({
    queryKey: ['interfaces'],
    queryFn: ({ signal }) => get('/api/interfaces', {}, {}, signal),
    refetchInterval: 1000,
  });
  const rates = useRates(data, dataUpdatedAt);
  const toggle = (name: string, on: boolean) => {
    // "any" is all of them, so that it stands alone.
    if (name === 'any') return onChange(on ? ['any'] : []);
    const others = chosen.filter((other) => other !== name && other !== 'any');
    onChange(on ? [...others, name] : others);
  };
  return (
    <fieldset className="interfaces" disabled={disabled}>
      <legend>{words.interfaces}</legend>
      <ProblemNotice error={error} />
      {data === undefined && error === null && text.app.loading}
      {data?.toSorted(byUse).map(({ name, description, addresses, up }) => {
        const rate = rates.get(name) ?? [];
        const about =
          name === 'any'
            ? words.any
            : plain([up ? '' : words.down, ...addresses, description].filter(Boolean).join(' · '), 300);
        return (
          <label key={name} className={up || name === 'any' ? 'interface' : 'interface down'}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) => toggle(name, event.target.checked)}
            />
            <span>{plain(name, 100)}</span>
            <small title={about}>{about}</small>
            {rate.length > 0 && (
              <Sparkline
                values={rate}
                length={SECONDS}
                label={words.traffic(plain(name, 100), words.perSecond(Math.round(rate[rate.length - 1])))}
              />
            )}
          </label>
        );
      })}
    </fieldset>
  );
}

/** Those that people want stand first: all of them, then those that are up. */
function byUse(one: InterfaceInfo, other: InterfaceInfo): number {
  const rank = ({ name, up, loopback, addresses }: InterfaceInfo) =>
    name === 'any' ? 0 : !up ? 4 : loopback ? 2 : addresses.length > 0 ? 1 : 3;
  return rank(one) - rank(other);
}

interface Seen {
  readonly at: number;
  readonly packets: number;
}

/** Packets a second of each interface over the last half minute. */
function useRates(
  interfaces: readonly InterfaceInfo[] | undefined,
  at: number,
): ReadonlyMap<string, readonly number[]> {
  const [last] = useState(() => new Map<string, Seen>());
  const [rates, setRates] = useState<ReadonlyMap<string, readonly number[]>>(new Map());
  useEffect(() => {
    if (interfaces === undefined) return;
    setRates((before) => {
      const after = new Map<string, readonly number[]>();
      for (const { name, counters } of interfaces) {
        if (counters === null || counters === undefined) continue;
        const seen = last.get(name);
        const values = before.get(name) ?? [];
        const fresh = seen !== undefined && at > seen.at;
        const rate = fresh ? Math.max(0, ((counters.packets - seen.packets) * 1000) / (at - seen.at)) : undefined;
        after.set(name, rate === undefined ? values : [...values, rate].slice(-SECONDS));
        if (seen === undefined || fresh) last.set(name, { at, packets: counters.packets });
      }
      return after;
    });
  }, [interfaces, at, last]);
  return rates;
}
