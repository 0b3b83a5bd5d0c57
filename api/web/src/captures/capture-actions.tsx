/** Rename and delete a capture; deleting asks first. */

import { Dialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { change } from '../api/client';
import type { Capture } from '../api/types';
import { plain } from '../parts/plain';
import { show, useView } from '../state/view';
import { text } from '../text';

const words = text.captures;

interface Props {
  readonly capture: Capture;
  readonly onProblem: (problem: Error | null) => void;
}

export function CaptureActions({ capture, onProblem }: Props) {
  const [asked, setAsked] = useState<'rename' | 'remove' | null>(null);
  const queries = useQueryClient();
  const done = {
    onError: onProblem,
    onSuccess: () => {
      onProblem(null);
      void queries.invalidateQueries({ queryKey: ['captures'] });
    },
  };
  const { id, name } = capture;
  const called = plain(name, 200);
  const rename = useMutation({
    mutationFn: (to: string) => change('PATCH', '/api/captures/{id}', { id }, { name: to }),
    ...done,
  });
  const remove = useMutation({
    mutationFn: async () => {
      // A page that still lists or follows it would only hear that it is gone.
      queries.setQueryData<readonly Capture[]>(['captures'], (list) => list?.filter((one) => one.id !== id));
      if (useView.getState().capture === id) show({ capture: null, packet: null, flow: null, from: null, to: null });
      await change('DELETE', '/api/captures/{id}', { id });
    },
    ...done,
  });
  const close = () => setAsked(null);
  const renamed = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    rename.mutate(String(new FormData(event.currentTarget).get('name')));
    close();
  };
  return (
    <div className="actions">
      <button type="button" aria-label={`${words.rename} ${called}`} onClick={() => setAsked('rename')}>
        {words.rename}
      </button>
      <button
        type="button"
        className="danger"
        aria-label={`${words.remove} ${called}`}
        onClick={() => setAsked('remove')}
      >
        {words.remove}
      </button>
      <Dialog
        open={asked === 'rename'}
        onClose={close}
        className="dialog"
        backdrop={<div className="backdrop" />}
        unmountOnHide
      >
        <DialogHeading className="dialog-title">{words.rename}</DialogHeading>
        <form className="dialog-form" onSubmit={renamed}>
          <label className="field">
            <span>{words.renamed}</span>
            <input name="name" defaultValue={name} required maxLength={200} />
          </label>
          <div className="dialog-buttons">
            <DialogDismiss>{words.cancel}</DialogDismiss>
            <button type="submit" className="primary">
              {words.save}
            </button>
          </div>
        </form>
      </Dialog>
      <Dialog
        open={asked === 'remove'}
        onClose={close}
        className="dialog"
        backdrop={<div className="backdrop" />}
        unmountOnHide
      >
        <DialogHeading className="dialog-title">{words.removeTitle(called)}</DialogHeading>
        <p>{words.removeText(capture.packets)}</p>
        <div className="dialog-buttons">
          <DialogDismiss>{words.cancel}</DialogDismiss>
          <button
            type="button"
            className="danger"
            onClick={() => {
              remove.mutate();
              close();
            }}
          >
            {words.remove}
          </button>
        </div>
      </Dialog>
    </div>
  );
}
