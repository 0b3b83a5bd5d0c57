/** What the main thread and the query thread tell each other. */

import type { CaptureErrorCode } from '../../sources/source.js';
import type { PiecePlace } from '../export/pieces.js';
import type { filterLanguage } from '../filters/filter-language.js';
import type { ExportQuery, FollowQuery } from '../query-types.js';
import type { Questions } from './questions.js';

/** The names of the questions: methods of `Questions`. */
export type QuestionName =
  | 'packets'
  | 'packet'
  | 'stream'
  | 'sequence'
  | 'count'
  | 'flows'
  | 'flow'
  | 'statistics'
  | 'first'
  | 'checks'
  | 'hostNames';

export interface AskMessage {
  readonly type: 'ask';
  readonly id: number;
  readonly capture: string;
  readonly folder: string;
  readonly question: QuestionName;
  readonly argument: unknown;
}

/** The names of the questions about the filter language. */
export type LanguageQuestion = keyof typeof filterLanguage;

export interface LanguageMessage {
  readonly type: 'language';
  readonly id: number;
  readonly question: LanguageQuestion;
  readonly argument: unknown;
}

export interface StreamMessage {
  readonly type: 'stream';
  readonly id: number;
  readonly capture: string;
  readonly folder: string;
  readonly query: ExportQuery | FollowQuery;
  readonly running: boolean;
}

export type QueryMessage =
  | AskMessage
  | LanguageMessage
  | StreamMessage
  /** A piece has been used: its slot is free again. */
  | { readonly type: 'release'; readonly id: number; readonly slot: number }
  /** Nobody takes pieces of an export any more: it is at its end, or not wanted. */
  | { readonly type: 'over'; readonly id: number }
  /** The index of a capture has grown, or the capture has ended. */
  | { readonly type: 'progress'; readonly capture: string; readonly ended: boolean }
  /** The capture's files are about to change or go. */
  | { readonly type: 'forget'; readonly capture: string };

export type AnswerMessage =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'piece'; readonly id: number; readonly place: PiecePlace }
  /** The index on flows would have made the answer quicker. */
  | { readonly type: 'wants-flow-index'; readonly id: number; readonly capture: string }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError };

/** An error in a form that crosses threads. */
export type WireError =
  | { readonly kind: 'filter'; readonly message: string; readonly position: number }
  | { readonly kind: 'capture'; readonly code: CaptureErrorCode; readonly message: string; readonly hint?: string }
  | { readonly kind: 'outdated'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** What a question takes and what it answers. */
export type Argument<Q extends QuestionName> = Parameters<Questions[Q]>[0];
export type Answer<Q extends QuestionName> = Awaited<ReturnType<Questions[Q]>>;
