/** The recorder thread: source → log. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { StoredSecrets } from '../secrets/capture-secrets.js';
import { keyLogTexts } from '../secrets/secrets-blocks.js';
import { SegmentLog } from '../segments/segment-log.js';
import { openLive } from '../sources/engines.js';
import { openFile, openStream } from '../sources/file.js';
import type { LiveSource } from '../sources/live.js';
import { type Block, CaptureError, type PacketSource } from '../sources/source.js';
import { receiveChunks } from './chunks.js';
import { LossLog } from './loss-log.js';
import type { LogMessage, ReadMessage, RecorderData, RecorderMessage, SourceRequest, StopMessage } from './messages.js';
import { record } from './recorder.js';
import { hostTexts, statisticsBlocks } from './section.js';

const main = parentPort as MessagePort;
const { folder, source: request, stop, limits, indexer } = workerData as RecorderData;

const tell = (message: RecorderMessage): void => main.postMessage(message);
const tellIndexer = (message: LogMessage): void => indexer.postMessage(message);

function open(wanted: SourceRequest): Promise<PacketSource> {
  if (wanted.kind === 'live') return openLive(wanted.engine, wanted.options);
  return wanted.kind === 'file' ? openFile(wanted.path) : openStream(receiveChunks(wanted.port), wanted.name);
}

/** Opens the source and begins the log; undefined when either was refused, which main then knows. */
async function begin(): Promise<{ source: PacketSource; log: SegmentLog } | undefined> {
  let source: PacketSource | undefined;
  try {
    source = await open(request);
    return { source, log: new SegmentLog(folder, hostTexts(source.section, request.kind === 'live'), limits) };
  } catch (error) {
    await source?.stop();
    const refused = error instanceof CaptureError ? error : new CaptureError('io', (error as Error).message);
    tell({
      type: 'refused',
      code: refused.code,
      message: refused.message,
      ...(refused.hint === undefined ? {} : { hint: refused.hint }),
    });
    return undefined;
  }
}

async function run(): Promise<void> {
  const startedAt = BigInt(Date.now()) * 1_000_000n;
  const begun = await begin();
  if (begun === undefined) return;
  const { source, log } = begun;
  let unread = 1;
  indexer.on('message', (message: ReadMessage) => {
    unread = message.segment;
  });
  indexer.on('close', () => {
    // Nobody reads any more: the ring must not wait for it, or it would fill the disk.
    unread = Number.POSITIVE_INFINITY;
  });
  main.on('message', (message: StopMessage) => {
    if (message.type === 'stop') void source.stop();
  });
  const notes: string[] = [];
  const secrets = request.kind === 'live' ? undefined : new StoredSecrets(folder);
  const takeSecrets = ({ bytes }: Block): void => {
    try {
      for (const text of keyLogTexts(bytes)) secrets?.add(text);
    } catch (error) {
      // The packets are what was asked for; that some of them stay encrypted is said.
      if (notes.length === 0) notes.push(`Not all secrets of the file were taken. ${(error as Error).message}`);
    }
  };
  const losses = request.kind === 'live' ? new LossLog(folder, startedAt) : undefined;
  let lossesFailed = false;
  const lookForLosses = (): void => {
    if (lossesFailed) return;
    try {
      losses?.look(source.statistics(), BigInt(Date.now()) * 1_000_000n);
    } catch (error) {
      lossesFailed = true;
      notes.push(`When packets were lost is not stored any more: ${(error as Error).message}.`);
    }
  };
  let told = 0;
  const tellInterfaces = (): void => {
    if (told === source.interfaces.length) return;
    told = source.interfaces.length;
    tell({ type: 'interfaces', interfaces: [...source.interfaces] });
  };
  tell({ type: 'opened', interfaces: [...source.interfaces] });
  const end = await record(source, log, stop, {
    grown: () => tellIndexer({ type: 'grown', position: log.position }),
    progress: () => {
      tellInterfaces();
      lookForLosses();
      tell({ type: 'statistics', statistics: source.statistics(), warnings: [...source.warnings, ...notes] });
    },
    appended: secrets === undefined ? () => undefined : takeSecrets,
    expired: (firstPacket) => tellIndexer({ type: 'expired', firstPacket }),
    unread: () => unread,
  });
  lookForLosses();
  const statistics = source.statistics();
  const closing =
    request.kind === 'live' ? statisticsBlocks(source as LiveSource, startedAt, BigInt(Date.now()) * 1_000_000n) : [];
  let detail = end.detail;
  try {
    log.close(closing);
  } catch (error) {
    // The packets are there; only the statistics at the end are not.
    detail ??= (error as Error).message;
  }
  tellInterfaces();
  tellIndexer({ type: 'complete', position: log.position });
  tell({
    type: 'ended',
    end: detail === undefined ? end : { ...end, detail },
    statistics,
    warnings: [...source.warnings, ...notes],
  });
}

void run().finally(() => {
  indexer.close();
  main.close();
});
