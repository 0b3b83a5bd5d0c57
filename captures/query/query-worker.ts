/** The query thread: answers questions about captures, a slice of work at a time, so that quick ones overtake long ones. */

import { type MessagePort, parentPort } from 'node:worker_threads';
import { FilterError } from '../../decoders/filter/index.js';
import { CaptureError } from '../sources/source.js';
import { readMarks } from '../store/marks.js';
import { IndexOutdated } from './capture-reader.js';
import { exportPackets } from './export.js';
import { exportRows } from './export-rows.js';
import type { AnswerMessage, AskMessage, QueryMessage, WireError } from './query-messages.js';
import type { ExportQuery } from './query-types.js';
import { Questions } from './questions.js';

const main = parentPort as MessagePort;
/** Captures kept open; each holds a database and a result set or two. */
const OPEN_CAPTURES = 8;
/** Pieces of an export that may wait to be taken. */
const PIECES = 4;

const tell = (message: AnswerMessage, transfer: ArrayBuffer[] = []): void => main.postMessage(message, transfer);
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const open = new Map<string, Questions>();
const streams = new Map<number, { credits: number; stopped: boolean; wake: () => void }>();
/** Exports that wait for a capture to go on. */
const waiting = new Map<string, Set<(goesOn: boolean) => void>>();
/** Captures that run no more. */
const ended = new Set<string>();

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
    const value = await (questions[message.question] as (argument: unknown) => unknown).call(
      questions,
      message.argument,
    );
    tell({ type: 'answer', id: message.id, value });
  } catch (error) {
    tell({ type: 'error', id: message.id, error: wireError(error) });
  }
}

async function stream(
  id: number,
  capture: string,
  folder: string,
  query: ExportQuery,
  running: boolean,
): Promise<void> {
  const state = { credits: PIECES, stopped: false, wake: () => {} };
  streams.set(id, state);
  if (running) ended.delete(capture);
  else ended.add(capture);
  // A reader of its own: an export takes its time, and the shared one may be closed meanwhile.
  let questions: Questions | undefined;
  try {
    questions = new Questions(folder, pause);
    const waitForMore = () => more(capture, state);
    const pieces =
      query.format === 'csv' || query.format === 'json'
        ? exportRows(questions.reader, readMarks(folder), query)
        : exportPackets(questions.reader, readMarks(folder), query, waitForMore);
    for await (const piece of pieces) {
      if (state.stopped) break;
      const copy = new Uint8Array(piece);
      tell({ type: 'piece', id, piece: copy }, [copy.buffer]);
      state.credits--;
      while (state.credits <= 0 && !state.stopped)
        await new Promise<void>((resolve) => {
          state.wake = resolve;
        });
      await pause();
      if (state.stopped) break;
    }
    tell({ type: 'end', id });
  } catch (error) {
    tell({ type: 'error', id, error: wireError(error) });
  } finally {
    questions?.close();
    streams.delete(id);
  }
}

/** Settles when the capture has more packets (true), has ended (false), or the export is not wanted any more (false). */
function more(capture: string, state: { stopped: boolean; wake: () => void }): Promise<boolean> {
  if (ended.has(capture) || state.stopped) return Promise.resolve(false);
  return new Promise((resolve) => {
    const set = waiting.get(capture) ?? new Set();
    waiting.set(capture, set);
    const settle = (goesOn: boolean) => {
      set.delete(settle);
      resolve(goesOn);
    };
    set.add(settle);
    state.wake = () => settle(false);
  });
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
  if (error instanceof IndexOutdated) return { kind: 'outdated', message: error.message };
  return { kind: 'unknown', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

main.on('message', (message: QueryMessage) => {
  switch (message.type) {
    case 'ask':
      void answer(message);
      break;
    case 'stream':
      void stream(message.id, message.capture, message.folder, message.query, message.running);
      break;
    case 'credit': {
      const state = streams.get(message.id);
      if (state === undefined) break;
      state.credits++;
      state.wake();
      break;
    }
    case 'cancel': {
      const state = streams.get(message.id);
      if (state === undefined) break;
      state.stopped = true;
      state.wake();
      break;
    }
    case 'progress':
      for (const settle of [...(waiting.get(message.capture) ?? [])]) settle(!message.ended);
      if (message.ended) {
        ended.add(message.capture);
        waiting.delete(message.capture);
      }
      break;
    case 'forget':
      open.get(message.capture)?.close();
      open.delete(message.capture);
      break;
    default:
  }
});
