/** What a person set for this browser: kept in its storage, where it may have one. */

import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';

export interface Settings {
  readonly theme: Theme;
  /** Large type, for a projector. */
  readonly large: boolean;
  /** Columns of the packet list, in order. */
  readonly columns: readonly string[];
  /** Widths in CSS pixels, of the columns that somebody changed. */
  readonly widths: Readonly<Record<string, number>>;
  /** Filters that were applied, the newest first. */
  readonly filters: readonly string[];
  /** Protocols and fields that are opened in packet trees. */
  readonly open: readonly string[];
  /** Where panes are divided, by the divider's name: the first pane's share of the room, 0 to 1. */
  readonly splits: Readonly<Record<string, number>>;
  /** Whether rows of the packet list have colours. */
  readonly colours: boolean;
  /** Whether the timeline is open. */
  readonly timeline: boolean;
  /** The programming language that the lab shows calls in. */
  readonly language: string;
}

const KEY = 'netglass.settings';

/** CSS pixels of a window that is a projector's or a wall's: nobody sits close to it. */
const WIDE = 3000;

export const DEFAULTS: Settings = {
  theme: 'system',
  large: window.innerWidth >= WIDE,
  columns: ['number', 'time', 'source', 'destination', 'protocol', 'length', 'info'],
  widths: {},
  filters: [],
  open: ['tcp.flags', 'ip.flags'],
  splits: {},
  colours: true,
  // A telephone has no room for it above the list, until somebody asks.
  timeline: window.innerWidth >= 640,
  language: 'python',
};

function isOfKind(value: unknown, like: unknown): boolean {
  return typeof value === typeof like && Array.isArray(value) === Array.isArray(like) && value !== null;
}

function stored(): Settings {
  try {
    const found = JSON.parse(window.localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>;
    const kept = Object.entries(DEFAULTS).map(([name, like]) => [
      name,
      isOfKind(found[name], like) ? found[name] : like,
    ]);
    return Object.fromEntries(kept) as Settings;
  } catch {
    return DEFAULTS; // no storage in this browser, or not what this page has put there
  }
}

export const useSettings = create<Settings>(stored);

/** Changes settings, and keeps them. */
export function set(change: Partial<Settings>): void {
  useSettings.setState(change);
  try {
    window.localStorage.setItem(KEY, JSON.stringify(useSettings.getState()));
  } catch {
    // A browser without storage forgets them with the page, and there is nothing to be done about that.
  }
}
