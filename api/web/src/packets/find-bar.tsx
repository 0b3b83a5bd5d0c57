/** The find box: jumps to packets and leaves the others where they are. */

import { useEffect, useRef } from 'react';
import { ProblemNotice } from '../parts/problem-notice';
import { text } from '../text';
import { type FindKind, find, setFind, useFind } from './find';

const words = text.packets.find;

export function FindBar() {
  const { open, typed, kind, busy, found, none, error } = useFind();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (open) input.current?.focus();
  }, [open]);
  if (!open) return null;
  const told = busy
    ? words.searching
    : none
      ? words.none
      : found === null
        ? ''
        : found.wrapped
          ? words.wrapped(found.number, found.forward)
          : words.found(found.number);
  return (
    <>
      <form
        className="find-bar"
        aria-label={words.open}
        onSubmit={(event) => {
          event.preventDefault();
          void find(true);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          setFind({ open: false });
        }}
      >
        <input
          ref={input}
          type="text"
          aria-label={words.label}
          placeholder={words.placeholder}
          value={typed}
          spellCheck={false}
          autoComplete="off"
          maxLength={2000}
          onChange={(event) => setFind({ typed: event.target.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !event.shiftKey) return;
            event.preventDefault();
            void find(false);
          }}
        />
        <select
          aria-label={words.kind}
          value={kind}
          onChange={(event) => setFind({ kind: event.target.value as FindKind })}
        >
          {(['filter', 'text'] as const).map((name) => (
            <option key={name} value={name}>
              {words.kinds[name]}
            </option>
          ))}
        </select>
        <button type="button" title={words.previousTitle} onClick={() => void find(false)}>
          {words.previous}
        </button>
        <button type="submit" title={words.nextTitle}>
          {words.next}
        </button>
        <span role="status" className="find-told">
          {told}
        </span>
        <button type="button" aria-label={words.close} onClick={() => setFind({ open: false })}>
          ×
        </button>
      </form>
      <ProblemNotice error={error} />
    </>
  );
}
