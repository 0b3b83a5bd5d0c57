/** The display filter: checked as it is typed, with what could come next, and what the applied one found. */

import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { onKey } from '../state/keys';
import { useView } from '../state/view';
import { text } from '../text';
import { applyFilter } from './apply';
import './filter-bar.css';
import { FilterSays } from './filter-says';
import { optionId, SuggestionList } from './suggestion-list';
import { useCheck } from './use-check';
import { type Suggestion, useCompletions, useWholeFilters } from './use-suggestions';

const words = text.filter;
/** As long as the service takes. */
const LONGEST = 65_536;

/** `words`: what could come next; `whole`: recent filters and examples. */
type Open = 'no' | 'words' | 'whole';

export function FilterBar() {
  const applied = useView((view) => view.filter);
  const [typed, setTyped] = useState(applied);
  const [cursor, setCursor] = useState(applied.length);
  const [open, setOpen] = useState<Open>('no');
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const says = useId();

  useEffect(() => setTyped(applied), [applied]);
  useEffect(
    () =>
      onKey('/', () => {
        input.current?.focus();
        input.current?.select();
      }),
    [],
  );

  const isApplied = typed.trim() === applied;
  const verdict = useCheck(typed, !isApplied);
  const wholeFilters = useWholeFilters();
  const completions = useCompletions(
    open === 'words' && typed.trim() !== '' ? typed.slice(0, cursor) : undefined,
    typed.slice(cursor),
  );
  const suggestions = open === 'no' ? [] : open === 'whole' || typed.trim() === '' ? wholeFilters : completions;
  const shown = suggestions.length > 0;
  const chosen: Suggestion | undefined = suggestions[active];

  const close = () => {
    setOpen('no');
    setActive(-1);
  };
  const apply = (filter: string) => {
    close();
    setTyped(filter);
    applyFilter(filter);
  };
  const take = (suggestion: Suggestion) => {
    if (suggestion.kind === 'recent' || suggestion.kind === 'example') {
      apply(suggestion.filter);
      return;
    }
    setTyped(suggestion.filter);
    setCursor(suggestion.cursor);
    setActive(-1);
    setOpen('words');
    // The cursor can only be put where there is text.
    requestAnimationFrame(() => input.current?.setSelectionRange(suggestion.cursor, suggestion.cursor));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (verdict.state !== 'bad') apply(typed);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      if (shown) close();
      else if (isApplied) input.current?.blur();
      else setTyped(applied);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (shown) {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        // -1 is the field itself: behind the last suggestion comes what was typed.
        const places = suggestions.length + 1;
        setActive(((active + 1 + step + places) % places) - 1);
      } else setOpen(typed.trim() === '' ? 'whole' : 'words');
    } else if ((event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) && chosen !== undefined)
      take(chosen);
    else return;
    event.preventDefault();
  };

  const state = isApplied ? (applied === '' ? 'empty' : 'good') : verdict.state;
  return (
    <form className="filter-bar" onSubmit={submit} role="search" aria-label={words.form}>
      <div className="filter-line">
        <div className="filter-field" data-state={state}>
          <input
            ref={input}
            type="text"
            role="combobox"
            aria-label={words.label}
            aria-expanded={shown}
            aria-controls={shown ? list : undefined}
            aria-autocomplete="list"
            aria-activedescendant={chosen === undefined ? undefined : optionId(list, active)}
            aria-invalid={verdict.state === 'bad'}
            aria-describedby={says}
            id="display-filter"
            value={typed}
            placeholder={words.placeholder}
            maxLength={LONGEST}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            onChange={({ target }) => {
              setTyped(target.value);
              setCursor(target.selectionStart ?? target.value.length);
              setActive(-1);
              setOpen('words');
            }}
            onSelect={({ currentTarget }) => setCursor(currentTarget.selectionStart ?? 0)}
            onKeyDown={key}
            onBlur={close}
          />
          {verdict.state === 'bad' && <Caret input={input.current} position={verdict.position} />}
          {typed !== '' && (
            <button
              type="button"
              className="filter-clear"
              aria-label={words.clear}
              title={words.clear}
              onClick={() => {
                apply('');
                input.current?.focus();
              }}
            >
              ×
            </button>
          )}
        </div>
        <button type="submit" className={isApplied ? 'filter-idle' : 'primary'} disabled={verdict.state === 'bad'}>
          {words.apply}
        </button>
        <button
          type="button"
          title={words.helpLong}
          aria-expanded={shown && open === 'whole'}
          // The list belongs to the field, and closes when the field loses the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => {
            input.current?.focus();
            setActive(-1);
            setOpen(open === 'whole' ? 'no' : 'whole');
          }}
        >
          {words.help}
        </button>
      </div>
      <FilterSays id={says} verdict={verdict} isApplied={isApplied} />
      {shown && <SuggestionList id={list} list={suggestions} active={active} onTake={take} />}
    </form>
  );
}

/** The sign under the character at which the filter is wrong. */
function Caret({ input, position }: { readonly input: HTMLInputElement | null; readonly position: number }) {
  const scrolled = input?.scrollLeft ?? 0;
  return (
    <span className="filter-caret" aria-hidden="true">
      <span style={{ insetInlineStart: `calc(${position}ch - ${scrolled}px)` }}>^</span>
    </span>
  );
}
