/** The list below the filter, from which the arrow keys or the pointer choose. */

import { useEffect, useRef } from 'react';
import { text } from '../text';
import type { Suggestion } from './use-suggestions';

const words = text.filter;

interface Props {
  readonly id: string;
  readonly list: readonly Suggestion[];
  /** Place of the one that Enter would take; -1: none. */
  readonly active: number;
  readonly onTake: (suggestion: Suggestion) => void;
}

export const optionId = (list: string, place: number): string => `${list}-${place}`;

export function SuggestionList({ id, list, active, onTake }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active >= 0) box.current?.querySelector(`[data-place="${active}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div className="filter-list" role="listbox" id={id} aria-label={words.suggestions} ref={box}>
      {list.map((suggestion, place) => {
        const { kind, shown, title } = suggestion;
        const head = kind !== list[place - 1]?.kind ? headOf(kind) : undefined;
        return (
          // The same field may be suggested under two names, but never twice in one place.
          <div key={`${kind} ${shown} ${suggestion.filter}`} role="presentation">
            {head !== undefined && (
              <div className="filter-list-head" role="presentation">
                {head}
              </div>
            )}
            <div
              role="option"
              id={optionId(id, place)}
              data-place={place}
              aria-selected={place === active}
              className="filter-option"
              data-kind={kind}
              // The field keeps the focus.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => onTake(suggestion)}
            >
              {kind === 'example' && <span className="filter-option-title">{title}</span>}
              <code>{shown}</code>
              {kind !== 'example' && kind !== 'recent' && (
                <>
                  <span className="filter-option-title">{title}</span>
                  <span className="filter-option-kind">{words.kinds[kind]}</span>
                </>
              )}
            </div>
          </div>
        );
      })}
    </div>
  );
}

function headOf(kind: Suggestion['kind']): string | undefined {
  if (kind === 'recent') return words.recent;
  return kind === 'example' ? words.examples : undefined;
}
