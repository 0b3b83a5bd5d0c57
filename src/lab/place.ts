/** Where a demo runs: in the service, or in this process. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabService } from '../../api/lab.js';
import { type Client, serviceOf } from '../client.js';
import type { LabOptions } from '../commands/lab.js';

export type RunView = Awaited<ReturnType<LabService['begin']>>;

export interface LabPlace extends Pick<LabService, 'begin' | 'run' | 'step' | 'end'> {
  /** The packets of a run with its marks, as a pcapng file. */
  export(run: RunView): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** @throws CaptureError */
export async function labPlace(options: LabOptions): Promise<LabPlace> {
  const client = await serviceOf(options);
  return client === undefined ? here() : inService(client);
}

function inService(client: Client): LabPlace {
  const runPath = (id: string): string => `/api/lab/runs/${encodeURIComponent(id)}`;
  return {
    begin: (demo, request) => client.exchange<RunView>('POST', `/api/lab/${encodeURIComponent(demo)}`, request),
    run: (id) => client.exchange<RunView>('GET', runPath(id)),
    step: (id) => client.exchange<RunView>('POST', `${runPath(id)}/step`),
    end: async (id) => {
      await client.exchange('DELETE', runPath(id));
      return true;
    },
    export: async ({ capture, filter }) => {
      const query = new URLSearchParams({ format: 'pcapng', filter });
      const { body } = await client.ask('GET', `/api/captures/${encodeURIComponent(capture)}/export?${query}`);
      return (body ?? []) as AsyncIterable<Uint8Array>;
    },
    close: async () => undefined,
  };
}

/** A store of its own, which is gone afterwards. */
async function here(): Promise<LabPlace> {
  const [{ CaptureStore }, { QueryService }, { Lab }] = await Promise.all([
    import('../../captures/store/capture-store.js'),
    import('../../captures/query/thread/query-service.js'),
    import('../../lab/lab.js'),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'netglass-lab-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // A reader of the output that has seen enough (head) ends the process at once.
  process.once('exit', remove);
  const store = await CaptureStore.open(folder);
  const queries = new QueryService(store);
  const lab = new Lab({ store, queries });
  return {
    begin: (demo, request) => lab.begin(demo, request),
    run: (id) => lab.run(id),
    step: (id) => lab.step(id),
    end: (id) => lab.end(id),
    export: async ({ capture, filter }) => queries.export(capture, { format: 'pcapng', filter }),
    close: async () => {
      await lab.close();
      await queries.close();
      await store.close();
      process.removeListener('exit', remove);
      remove();
    },
  };
}
