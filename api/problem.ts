/** Errors as answers: `application/problem+json` (RFC 9457). */

import type { z } from 'zod';
import { CaptureError, type CaptureErrorCode } from '../captures/sources/source.js';
import { PacketError } from '../decoders/encode/error.js';
import { FilterError } from '../decoders/filter/error.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The body of every answer that is an error. */
export interface ProblemBody {
  /** A URN that names the kind of problem; it is never a link to follow. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** One sentence for a person. */
  readonly detail: string;
  /** The exact command or change that mends it. */
  readonly hint?: string;
  /** 0-based character of the filter at which it is wrong. */
  readonly position?: number;
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Token required',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  500: 'Internal error',
  501: 'Not available here',
  503: 'Not ready',
  507: 'Out of space',
};

/** An error that becomes an answer as it is. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    /** Ends the problem's `type`: `urn:netglass:problem:<code>`. */
    readonly code: string,
    detail: string,
    readonly more: {
      readonly hint?: string | undefined;
      readonly position?: number | undefined;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
  }

  get body(): ProblemBody {
    const { hint, position } = this.more;
    return {
      type: `urn:netglass:problem:${this.code}`,
      title: titles[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      ...(hint === undefined ? {} : { hint }),
      ...(position === undefined ? {} : { position }),
    };
  }
}

/** An interface that a request's body names is part of what is wrong with the request: 400, not 404. */
const statusOfCode: Readonly<Record<CaptureErrorCode, number>> = {
  'no-permission': 403,
  'no-such-interface': 400,
  'bad-filter': 400,
  'bad-option': 400,
  'engine-unavailable': 501,
  unsupported: 400,
  'not-a-capture': 400,
  'no-such-flow': 404,
  'not-allowed': 403,
  io: 500,
};

const DISK_FULL = /ENOSPC|EDQUOT|no space left|disk is full/i;

/** Whatever was thrown, as an answer. What nobody foresaw is a 500 that says so. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof FilterError)
    return new ApiError(400, 'bad-display-filter', sentence(error.message), {
      position: error.position,
      hint: error.expected === undefined ? undefined : `Expected here: ${error.expected}`,
    });
  if (error instanceof PacketError) return new ApiError(400, 'bad-packet', error.message);
  if (error instanceof CaptureError) {
    const full = error.code === 'io' && DISK_FULL.test(error.message);
    return new ApiError(full ? 507 : statusOfCode[error.code], full ? 'disk-full' : error.code, error.message, {
      hint: error.hint,
    });
  }
  if (error instanceof URIError)
    return new ApiError(400, 'bad-address', 'The address contains a % that two hexadecimal digits do not follow.');
  const message = error instanceof Error ? error.message : String(error);
  return DISK_FULL.test(message)
    ? new ApiError(507, 'disk-full', message)
    : // Where in the code it happened is for the log alone.
      new ApiError(500, 'internal', `netglass failed: ${message.split('\n')[0]}`);
}

export function unknownCapture(id: string): ApiError {
  return new ApiError(404, 'no-such-capture', `There is no capture ${JSON.stringify(id)}.`, {
    hint: 'GET /api/captures lists the captures that there are.',
  });
}

/** What zod found, as one sentence that names the first thing that is wrong. */
export function asBadRequest(
  error: z.ZodError,
  where: 'query parameter' | 'path' | 'body',
  known: readonly string[],
): ApiError {
  const issue = error.issues[0];
  const path = issue.path.map(String).join('.');
  const code = where === 'body' ? 'bad-body' : 'bad-parameter';
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => JSON.stringify(path === '' ? key : `${path}.${key}`)).join(', ');
    const what = where === 'body' ? `The body has no member ${names}` : `There is no ${where} ${names} here`;
    return new ApiError(400, code, `${what}.`, {
      hint: path === '' && known.length > 0 ? `Known here: ${known.join(', ')}` : undefined,
    });
  }
  const what = path === '' ? `The ${where}` : where === 'body' ? `The body's "${path}"` : `The ${where} "${path}"`;
  return new ApiError(400, code, `${what} is not right: ${lowerFirst(issue.message)}.`);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1).replace(/\.$/, '');
}

/** Filter errors are phrases; a problem's detail is a sentence. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
