/** The whole page: what capture is shown, its parts, and how it is doing. */

import { useEffect } from 'react';
import './app.css';
import { CaptureButtons } from './captures/capture-buttons';
import { CapturesTab } from './captures/captures-tab';
import { FirstSteps } from './captures/first-steps';
import { StatusBar } from './captures/status-bar';
import { UploadNotice } from './captures/upload-notice';
import { useCaptures } from './captures/use-captures';
import { FilterBar } from './filter/filter-bar';
import { FilterMenu } from './filter/filter-menu';
import { FlowsTab } from './flows/flows-tab';
import { LabTab } from './lab/lab-tab';
import { OutMenu } from './out/out-menu';
import { fieldsOf } from './packets/columns';
import { openList, useChosen, useList } from './packets/list-state';
import { PacketsTab } from './packets/packets-tab';
import { ChallengeBar } from './room/challenge-bar';
import { ReplayBar } from './room/replay-bar';
import { ViewMenu } from './room/view-menu';
import { useWatch } from './room/watch';
import { WatchBar } from './room/watch-bar';
import { follow, onNews, useLive } from './state/live';
import { useSettings } from './state/settings';
import { effectiveFilter, show, type Tab, useView } from './state/view';
import { StatisticsTab } from './statistics/statistics-tab';
import { text } from './text';
import { Timeline } from './timeline/timeline';

/** The parts that there are, in the order of their tabs. */
const PARTS: readonly { readonly tab: Tab; readonly Part: () => React.ReactNode }[] = [
  { tab: 'packets', Part: PacketsTab },
  { tab: 'flows', Part: FlowsTab },
  { tab: 'statistics', Part: StatisticsTab },
  { tab: 'lab', Part: LabTab },
  { tab: 'captures', Part: CapturesTab },
];

export function App() {
  useAppearance();
  useFirstCapture();
  useCapture();
  const tab = useView((view) => view.tab);
  const watching = useWatch((watch) => watch.token !== null);
  const flow = useView((view) => view.flow);
  const selected = useChosen();
  // What is of a capture, where there is none yet.
  const isFirst = useView((view) => view.capture === null) && !watching && WATCHED.includes(tab);
  const { Part } = PARTS.find((part) => part.tab === tab) ?? PARTS[0];
  return (
    <>
      <header className="app-head">
        <h1>{text.app.name}</h1>
        <StatusBar />
        <div className="app-tools">
          {!watching && <CaptureButtons />}
          {!watching && <OutMenu selected={selected} />}
          <ViewMenu />
        </div>
      </header>
      <WatchBar />
      {!watching && <UploadNotice />}
      <FilterBar />
      <Tabs />
      <main className="app-part">
        <ChallengeBar />
        <ReplayBar />
        {!isFirst && (tab === 'packets' || (tab === 'flows' && flow === null)) && <Timeline />}
        <div className="app-part" role="tabpanel" id="part" aria-labelledby={`tab-${tab}`}>
          {isFirst ? <FirstSteps /> : <Part />}
        </div>
      </main>
      <FilterMenu />
    </>
  );
}

/** What somebody who watches may see. */
const WATCHED: readonly Tab[] = ['packets', 'flows', 'statistics'];

function Tabs() {
  const watching = useWatch((watch) => watch.token !== null);
  const parts = watching ? PARTS.filter((part) => WATCHED.includes(part.tab)) : PARTS;
  const tab = useView((view) => view.tab);
  const move = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = parts.findIndex((part) => part.tab === tab);
    const to = parts[(at + step + parts.length) % parts.length].tab;
    show({ tab: to });
    document.getElementById(`tab-${to}`)?.focus();
  };
  return (
    <div role="tablist" aria-label={text.app.parts} className="app-tabs" onKeyDown={move}>
      {parts.map((part) => (
        <button
          type="button"
          role="tab"
          key={part.tab}
          id={`tab-${part.tab}`}
          aria-selected={part.tab === tab}
          aria-controls="part"
          tabIndex={part.tab === tab ? 0 : -1}
          onClick={() => show({ tab: part.tab })}
        >
          {text.app.tabs[part.tab]}
        </button>
      ))}
    </div>
  );
}

function useAppearance(): void {
  const { theme, large } = useSettings();
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const apply = () => {
      const root = document.documentElement;
      root.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
      root.dataset['large'] = String(large);
    };
    apply();
    dark.addEventListener('change', apply);
    return () => dark.removeEventListener('change', apply);
  }, [theme, large]);
}

/** Somebody who opens the page looks at what is running, or at what came last. */
function useFirstCapture(): void {
  const capture = useView((view) => view.capture);
  const watching = useWatch((watch) => watch.token !== null);
  const { data } = useCaptures(!watching);
  useEffect(() => {
    if (capture !== null || data === undefined || data.length === 0) return;
    const best = data.findLast(({ state }) => state === 'running') ?? data[data.length - 1];
    // In the place of the address without a capture, to which Back would only lead in circles.
    show({ capture: best.id }, true);
  }, [capture, data]);
}

/** Follows the capture of the view, and opens its list. */
function useCapture(): void {
  const capture = useView((view) => view.capture);
  const filter = useView(effectiveFilter);
  const columns = useSettings((settings) => settings.columns);
  const fields = fieldsOf(columns).join(',');
  useEffect(() => (capture === null ? undefined : follow(capture, filter)), [capture, filter]);
  useEffect(
    // The list reads the filter itself: naming it here is what opens another one when it changes.
    () =>
      capture === null || filter === undefined ? undefined : openList(capture, fields === '' ? [] : fields.split(',')),
    [capture, filter, fields],
  );
  useEffect(() => onNews((news) => useList.getState().rows?.hear(news)), []);
  const known = useLive((live) => (live.id === capture ? live.capture : null));
  useEffect(() => {
    if (known !== null) useList.getState().rows?.grown(known.packets, known.firstPacket);
  }, [known]);
}
