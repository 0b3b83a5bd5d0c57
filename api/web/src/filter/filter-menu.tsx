/**
 * "Apply as filter", "… and not …": one menu for the whole page, which whoever shows a condition opens at it:
 * `openFilterMenu('udp.port == 53', at(event))`.
 */

import { create } from 'zustand';
import { copyText } from '../out/copy';
import { type Action, type At, ContextMenu } from '../parts/context-menu';
import { plain } from '../parts/plain';
import { useView } from '../state/view';
import { text } from '../text';
import { applyCondition } from './apply';
import { combine, type Way } from './combine';

const words = text.filter.menu;
/** Characters of a filter that the menu shows. */
const SHOWN = 160;

const useOpened = create<{ readonly condition: string; readonly at: At | undefined }>(() => ({
  condition: '',
  at: undefined,
}));

/** Opens the menu of what can be done with a condition. */
export function openFilterMenu(condition: string, at: At): void {
  useOpened.setState({ condition, at });
}

/** The actions that put a condition into the filter, for menus that have others too. */
export function filterActions(filter: string, condition: string): readonly Action[] {
  const ways: readonly Exclude<Way, 'orNot'>[] =
    filter === '' ? ['only', 'not'] : ['only', 'and', 'or', 'andNot', 'not'];
  return ways.map((way) => ({
    label: words[way],
    detail: plain(combine(filter, condition, way), SHOWN),
    run: () => applyCondition(condition, way),
  }));
}

/** To be put into the page once. */
export function FilterMenu() {
  const { condition, at } = useOpened();
  const filter = useView((view) => view.filter);
  // Rows are counted under the filter: their packets are those that it shows, too.
  const packets = { label: words.packets, run: () => applyCondition(condition, 'and', { tab: 'packets' }) };
  const copy = { label: words.copy, run: () => void copyText(words.copied, condition) };
  return (
    <ContextMenu
      at={at}
      label={words.label}
      groups={[{ actions: [packets] }, { actions: filterActions(filter, condition) }, { actions: [copy] }]}
      onClose={() => useOpened.setState({ at: undefined })}
    />
  );
}
