/** Lets others watch: the address to write on the blackboard, and how many are there. */

import { Dialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import { ProblemNotice } from '../parts/problem-notice';
import { text } from '../text';
import { endPresenting, usePresenter } from './presenter';
import './room.css';

const words = text.room.present;

export function PresentDialog({ onClose }: { readonly onClose: () => void }) {
  const { watch, problem } = usePresenter();
  const links =
    watch === null ? [] : watch.addresses.length > 0 ? watch.addresses : [window.location.origin + watch.path];
  return (
    <Dialog open onClose={onClose} className="dialog" backdrop={<div className="backdrop" />}>
      <DialogHeading className="dialog-title">{words.title}</DialogHeading>
      <p>{words.text}</p>
      <ProblemNotice error={problem} />
      {watch !== null && (
        <>
          <ul className="links">
            {links.map((link) => (
              <li key={link}>
                <a href={link} target="_blank" rel="noreferrer">
                  {link}
                </a>
              </li>
            ))}
          </ul>
          {watch.addresses.length === 0 && <p className="notice">{words.onlyHere}</p>}
          <p role="status">{words.viewers(watch.viewers)}</p>
        </>
      )}
      <div className="dialog-buttons">
        <button
          type="button"
          className="danger"
          onClick={() => {
            void endPresenting();
            onClose();
          }}
        >
          {words.end}
        </button>
        <DialogDismiss className="button">{text.captures.close}</DialogDismiss>
      </div>
    </Dialog>
  );
}
