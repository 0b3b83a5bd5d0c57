/** The keys of the packet list, and a window that names them. */

import { Dialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import { useEffect } from 'react';
import { onKey } from '../state/keys';
import { text } from '../text';
import { find, setFind } from './find';
import { setFollow, useList } from './list-state';
import { askMark } from './mark-dialog';

const words = text.packets.keys;

/** Keys that mean something wherever on this part somebody is. */
export function useKeys(showKeys: () => void): void {
  useEffect(() => {
    const ends = [
      onKey('n', () => void find(true)),
      onKey('N', () => void find(false)),
      onKey('m', () => {
        const { rows, selected } = useList.getState();
        askMark(rows?.row(selected));
      }),
      onKey(' ', () => setFollow(!useList.getState().follow)),
      onKey('?', showKeys),
    ];
    const findKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'f' || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      setFind({ open: true });
    };
    window.addEventListener('keydown', findKey);
    return () => {
      window.removeEventListener('keydown', findKey);
      for (const end of ends) end();
    };
  }, [showKeys]);
}

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function KeysDialog({ open, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} className="dialog" backdrop={<div className="backdrop" />} unmountOnHide>
      <DialogHeading className="dialog-title">{words.title}</DialogHeading>
      <dl className="keys">
        {words.list.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-buttons">
        <DialogDismiss className="button">{words.close}</DialogDismiss>
      </div>
    </Dialog>
  );
}
