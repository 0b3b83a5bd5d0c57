/** Words for a mark before a packet. */

import { Dialog, DialogHeading } from '@ariakit/react';
import { type FormEvent, useState } from 'react';
import { create } from 'zustand';
import type { PacketRow } from '../api/types';
import { ProblemNotice } from '../parts/problem-notice';
import { useView } from '../state/view';
import { text } from '../text';
import { mark } from './marks';

const words = text.packets.mark;

const useAsked = create<{ readonly row: PacketRow | null }>(() => ({ row: null }));

/** Asks for the words of a mark before a packet. */
export function askMark(row: PacketRow | undefined): void {
  if (row !== undefined && row.time !== null) useAsked.setState({ row });
}

const close = () => useAsked.setState({ row: null });

export function MarkDialog() {
  const row = useAsked((asked) => asked.row);
  return (
    <Dialog
      open={row !== null}
      onClose={close}
      className="dialog"
      backdrop={<div className="backdrop" />}
      unmountOnHide
    >
      {row !== null && <MarkForm row={row} />}
    </Dialog>
  );
}

function MarkForm({ row }: { readonly row: PacketRow }) {
  const capture = useView((view) => view.capture);
  const [typed, setTyped] = useState(words.suggestion);
  const [error, setError] = useState<unknown>();
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (capture === null || row.time === null) return;
    mark(capture, typed, row.time).then(close, setError);
  };
  return (
    <form className="dialog-form" onSubmit={send}>
      <DialogHeading className="dialog-title">{words.title(row.number)}</DialogHeading>
      <label className="field">
        <span>{words.text}</span>
        <input
          type="text"
          value={typed}
          required
          maxLength={1000}
          onFocus={(event) => event.target.select()}
          onChange={(event) => setTyped(event.target.value)}
        />
        <small>{words.hint}</small>
      </label>
      <ProblemNotice error={error} />
      <div className="dialog-buttons">
        <button type="button" onClick={close}>
          {words.cancel}
        </button>
        <button type="submit" className="primary">
          {words.set}
        </button>
      </div>
    </form>
  );
}
