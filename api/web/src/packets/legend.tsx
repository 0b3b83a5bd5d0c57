/** What the rows' colours mean. */

import { Popover, PopoverDisclosure, PopoverHeading, PopoverProvider } from '@ariakit/react';
import { set, useSettings } from '../state/settings';
import { text } from '../text';
import { KINDS } from './kinds';

const words = text.packets.legend;

export function Legend() {
  const colours = useSettings((settings) => settings.colours);
  return (
    <PopoverProvider placement="bottom-end">
      <PopoverDisclosure className="button small">{words.open}</PopoverDisclosure>
      <Popover className="popover" portal fixed fitViewport unmountOnHide gutter={4}>
        <PopoverHeading className="popover-title">{words.title}</PopoverHeading>
        <ul className="legend">
          {KINDS.map((kind) => (
            <li key={kind} data-kind={kind}>
              {words.kinds[kind]}
            </li>
          ))}
        </ul>
        <p className="pane-note">{words.other}</p>
        <label>
          <input type="checkbox" checked={colours} onChange={(event) => set({ colours: event.target.checked })} />{' '}
          {words.on}
        </label>
      </Popover>
    </PopoverProvider>
  );
}
