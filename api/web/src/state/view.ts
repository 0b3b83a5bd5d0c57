/** What is looked at. It is the page's address, so that every view can be linked, gone back to and shared. */

import { create } from 'zustand';

export const TABS = ['packets', 'flows', 'statistics', 'lab', 'captures'] as const;
export type Tab = (typeof TABS)[number];

export interface View {
  /** The capture's id; null: none is chosen yet. */
  readonly capture: string | null;
  /** The display filter that is applied; '' for none. */
  readonly filter: string;
  /** `frame.number` of the selected packet. */
  readonly packet: number | null;
  readonly tab: Tab;
  /** Seconds since the capture's first packet between which packets are looked at; null: no limit. */
  readonly from: number | null;
  readonly to: number | null;
  /** Id of the opened flow. */
  readonly flow: number | null;
  /** What is shown within a tab: a kind of statistic, a way to see a flow, a lab demo. */
  readonly part: string | null;
  /** The token of a watched capture, for pages below `/watch/`. */
  readonly watch: string | null;
}

const EMPTY: View = {
  capture: null,
  filter: '',
  packet: null,
  tab: 'packets',
  from: null,
  to: null,
  flow: null,
  part: null,
  watch: null,
};

function decimal(text: string | null): number | null {
  if (text === null || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

function whole(text: string | null): number | null {
  const value = decimal(text);
  return value !== null && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % in an address that somebody typed
  }
}

/** The view that an address stands for; what it does not say, or says wrongly, is left at its default. */
export function viewOf(location: { readonly pathname: string; readonly search: string }): View {
  const [, kind, id] = location.pathname.split('/');
  const search = new URLSearchParams(location.search);
  const tab = TABS.find((name) => name === search.get('tab')) ?? 'packets';
  return {
    ...EMPTY,
    capture: kind === 'c' && id ? decoded(id) : null,
    watch: kind === 'watch' && id ? decoded(id) : null,
    filter: search.get('filter') ?? '',
    packet: whole(search.get('packet')),
    tab,
    from: decimal(search.get('from')),
    to: decimal(search.get('to')),
    flow: whole(search.get('flow')),
    part: search.get('part'),
  };
}

/** The address of a view: path and query. */
export function addressOf(view: View): string {
  const search = new URLSearchParams();
  if (view.tab !== 'packets') search.set('tab', view.tab);
  if (view.filter !== '') search.set('filter', view.filter);
  for (const name of ['packet', 'from', 'to', 'flow', 'part'] as const) {
    const value = view[name];
    if (value !== null) search.set(name, String(value));
  }
  const path =
    view.watch !== null
      ? `/watch/${encodeURIComponent(view.watch)}`
      : view.capture === null
        ? '/'
        : `/c/${encodeURIComponent(view.capture)}`;
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

export const useView = create<View>(() => viewOf(window.location));

/**
 * Looks at something else. Another packet replaces the entry of the browser's history, everything else adds one.
 * @param replace whether it is no step that one would want to go back over
 */
export function show(change: Partial<View>, replace = Object.keys(change).every((name) => name === 'packet')): void {
  const before = useView.getState();
  const changed = (Object.keys(change) as (keyof View)[]).some((name) => change[name] !== before[name]);
  if (!changed) return;
  const after = { ...before, ...change };
  useView.setState(after);
  const url = addressOf(after);
  if (url === window.location.pathname + window.location.search) return;
  if (replace) window.history.replaceState(null, '', url);
  else window.history.pushState(null, '', url);
}

/** Another capture: nothing of the old one's selection means anything there. */
export function showCapture(id: string, more: Partial<View> = {}): void {
  show({ packet: null, flow: null, from: null, to: null, part: null, capture: id, ...more });
}

/** Follows the browser's Back and Forward, once, and takes a token out of the address bar. */
export function followHistory(): void {
  window.addEventListener('popstate', () => useView.setState(viewOf(window.location)));
  const url = new URL(window.location.href);
  if (!url.searchParams.has('token')) return;
  // The cookie has it from now on; the address is shown to whoever looks over a shoulder.
  url.searchParams.delete('token');
  window.history.replaceState(null, '', url.pathname + url.search);
}

/** The display filter with the limits of time in it: what lists, statistics and exports are asked with. */
export function effectiveFilter({ filter, from, to }: Pick<View, 'filter' | 'from' | 'to'>): string {
  const limits: string[] = [];
  if (from !== null) limits.push(`frame.time_relative >= ${from}`);
  if (to !== null) limits.push(`frame.time_relative <= ${to}`);
  if (limits.length === 0) return filter;
  return [...(filter.trim() === '' ? [] : [`(${filter})`]), ...limits].join(' && ');
}
