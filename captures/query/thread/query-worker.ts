/** The query thread: answers questions about captures, a slice of work at a time, so that quick ones overtake long ones. */

import { type MessagePort, parentPort } from 'node:worker_threads';
import { FilterError } from '../../../decoders/filter/index.js';
import { isDamage, isOutOfReach } from '../../index/sqlite-errors.js';
import { CaptureError } from '../../sources/source.js';
import { readMarks } from '../../store/marks.js';
import { CaptureReader, IndexOutdated } from '../capture-reader.js';
import { exportPackets } from '../export/export.js';
import { exportRows } from '../export/export-rows.js';
import { SecretBlocks } from '../export/export-secrets.js';
import { PieceSender } from '../export/pieces.js';
import { filterLanguage } from '../filters/filter-language.js';
import { followFlow } from '../streams/stream-pages.js';
import type {
  AnswerMessage,
  AskMessage,
  LanguageMessage,
  QueryMessage,
  StreamMessage,
  WireError,
} from './query-messages.js';
import { Questions } from './questions.js';

const main = parentPort as MessagePort;
/** Captures kept open; each holds a database and a result set or two. */
const OPEN_CAPTURES = 8;

const tell = (message: AnswerMessage): void => main.postMessage(message);
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An export under way. */
interface Stream {
  readonly capture: string;
  readonly sender: PieceSender;
  /** Nobody wants it, or looks at its pieces, any more. */
  stopped: boolean;
  /** Everything was sent, or an error. */
  finished: boolean;
  /** The capture runs no more. */
  ended: boolean;
  /** The index has grown since the export looked last. */
  news: boolean;
  /** Something of the above has changed. */
  wake?: () => void;
}

const open = new Map<string, Questions>();
const streams = new Map<number, Stream>();

function questionsAbout(id: string, folder: string): Questions {
  let questions = open.get(id);
  if (questions === undefined) {
    questions = new Questions(folder, pause);
    if (open.size >= OPEN_CAPTURES) {
      const [oldest] = open.keys();
      open.get(oldest)?.close();
      open.delete(oldest);
    }
  } else open.delete(id);
  open.set(id, questions);
  return questions;
}

async function answer(message: AskMessage): Promise<void> {
  try {
    const questions = questionsAbout(message.capture, message.folder);
    const ask = questions[message.question] as (argument: unknown) => unknown;
    const value = await questions.during(() => ask.call(questions, message.argument));
    tell({ type: 'answer', id: message.id, value });
    if (questions.reader.wantsFlowIndex) {
      questions.reader.wantsFlowIndex = false;
      tell({ type: 'wants-flow-index', id: message.id, capture: message.capture });
    }
  } catch (error) {
    tell({ type: 'error', id: message.id, error: wireError(error) });
  }
}

function answerLanguage({ id, question, argument }: LanguageMessage): void {
  try {
    const ask = filterLanguage[question] as (argument: unknown) => unknown;
    tell({ type: 'answer', id, value: ask(argument) });
  } catch (error) {
    tell({ type: 'error', id, error: wireError(error) });
  }
}

async function stream(message: StreamMessage): Promise<void> {
  const { id, capture, folder, query } = message;
  const state: Stream = {
    capture,
    sender: new PieceSender(),
    stopped: false,
    finished: false,
    ended: !message.running,
    news: false,
  };
  streams.set(id, state);
  // A reader of its own: an export takes its time, and the shared one may be closed meanwhile.
  let reader: CaptureReader | undefined;
  try {
    const stored = new CaptureReader(folder);
    reader = stored;
    const secrets = new SecretBlocks(folder);
    const wait = () => more(state);
    const pieces =
      'flow' in query
        ? followFlow(stored, query, wait)
        : query.format === 'csv' || query.format === 'json'
          ? exportRows(stored, readMarks(folder), query)
          : exportPackets(
              stored,
              () => readMarks(folder),
              query,
              wait,
              () => namesIn(capture, folder),
              () => secrets.next(),
              () => state.sender.room(),
            );
    for await (const piece of pieces) {
      if (piece.length > 0) tell({ type: 'piece', id, place: state.sender.put(piece) });
      await until(state, () => state.sender.hasRoom);
      await pause();
      if (state.stopped) break;
    }
    tell({ type: 'end', id });
  } catch (error) {
    tell({ type: 'error', id, error: wireError(error) });
  } finally {
    reader?.close();
    state.finished = true;
    retire(id, state);
  }
}

/** Forgets an export that is over on both sides. */
function retire(id: number, state: Stream): void {
  if (!state.finished || !state.stopped) return;
  streams.delete(id);
  state.sender.retire();
}

/** The names of a capture's hosts are what all its questions share. */
function namesIn(capture: string, folder: string): Promise<Uint8Array[]> {
  const questions = questionsAbout(capture, folder);
  return questions.during(() => questions.nameBlocks());
}

/** Waits until a condition holds or the export is not wanted any more. */
async function until(state: Stream, holds: () => boolean): Promise<void> {
  while (!holds() && !state.stopped)
    await new Promise<void>((resolve) => {
      state.wake = resolve;
    });
}

/** Settles when the capture has more packets (true), has ended or the export is not wanted any more (false). */
async function more(state: Stream): Promise<boolean> {
  await until(state, () => state.news || state.ended);
  state.news = false;
  return !state.ended && !state.stopped;
}

function wireError(error: unknown): WireError {
  if (error instanceof FilterError) return { kind: 'filter', message: error.message, position: error.position };
  if (error instanceof CaptureError)
    return {
      kind: 'capture',
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  if (isOutOfReach(error))
    return {
      kind: 'capture',
      code: 'io',
      message: `The index cannot be read: ${(error as Error).message}.`,
      hint: 'Is the disk full, or the folder not readable? Nothing is lost: the packets are in the log.',
    };
  if (error instanceof IndexOutdated || isDamage(error)) return { kind: 'outdated', message: (error as Error).message };
  return { kind: 'unknown', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** Changes an export's state, if it is still under way. */
function change(state: Stream | undefined, what: (state: Stream) => void): void {
  if (state === undefined) return;
  what(state);
  state.wake?.();
}

main.on('message', (message: QueryMessage) => {
  switch (message.type) {
    case 'ask':
      void answer(message);
      break;
    case 'language':
      answerLanguage(message);
      break;
    case 'stream':
      void stream(message);
      break;
    case 'release':
      change(streams.get(message.id), (state) => state.sender.release(message.slot));
      break;
    case 'over':
      change(streams.get(message.id), (state) => {
        state.stopped = true;
        retire(message.id, state);
      });
      break;
    case 'progress':
      for (const stream of streams.values())
        if (stream.capture === message.capture)
          change(stream, (state) => {
            state.news = true;
            if (message.ended) state.ended = true;
          });
      break;
    case 'forget':
      open.get(message.capture)?.close();
      open.delete(message.capture);
      break;
    default:
  }
});
