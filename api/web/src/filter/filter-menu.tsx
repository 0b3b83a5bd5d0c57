/**
 * "Apply as filter", "… and not …": one menu for the whole page, which whoever shows a condition opens at it:
 * `openFilterMenu(event.currentTarget, 'udp.port == 53')`, on a button or as a context menu.
 */

import { Menu, MenuItem, MenuProvider, MenuSeparator } from '@ariakit/react';
import { create } from 'zustand';
import { useView } from '../state/view';
import { text } from '../text';
import { applyCondition } from './apply';
import { combine, type Way } from './combine';
import './filter-menu.css';

const words = text.filter.menu;

interface Opened {
  readonly condition: string | null;
  readonly anchor: HTMLElement | null;
  /** Where the pointer was, for a context menu. */
  readonly at: { readonly x: number; readonly y: number } | undefined;
}

const useOpened = create<Opened>(() => ({ condition: null, anchor: null, at: undefined }));

/**
 * Opens the menu of what can be done with a condition.
 *
 * @param anchor gets the focus back
 * @param at where in the window; undefined: below the anchor
 */
export function openFilterMenu(anchor: HTMLElement, condition: string, at?: { x: number; y: number }): void {
  useOpened.setState({ condition, anchor, at });
}

const close = () => useOpened.setState({ condition: null });

/** To be put into the page once. */
export function FilterMenu() {
  const { condition, anchor, at } = useOpened();
  const filter = useView((view) => view.filter);
  const rect = () => (at === undefined ? (anchor?.getBoundingClientRect() ?? null) : { ...at, width: 0, height: 0 });
  const ways: readonly Way[] = filter === '' ? ['only', 'not'] : ['only', 'and', 'or', 'andNot', 'not'];
  return (
    <MenuProvider open={condition !== null} setOpen={(open) => open || close()}>
      {condition !== null && (
        <Menu
          portal
          modal
          getAnchorRect={rect}
          finalFocus={anchor}
          autoFocusOnShow
          gutter={4}
          aria-label={words.label}
          className="filter-menu"
        >
          <div className="filter-menu-condition">{condition}</div>
          <MenuItem className="filter-menu-item" onClick={() => applyCondition(condition, 'only', { tab: 'packets' })}>
            {words.packets}
          </MenuItem>
          <MenuSeparator />
          {ways.map((way) => (
            <MenuItem key={way} className="filter-menu-item" onClick={() => applyCondition(condition, way)}>
              {words[way as keyof typeof words]}
              <code>{combine(filter, condition, way)}</code>
            </MenuItem>
          ))}
          <MenuSeparator />
          <MenuItem className="filter-menu-item" onClick={() => void navigator.clipboard.writeText(condition)}>
            {words.copy}
          </MenuItem>
        </Menu>
      )}
    </MenuProvider>
  );
}
