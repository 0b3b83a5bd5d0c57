/** `current` in the place of a capture's id, for helpers of one line that know no id. */

import type { RequestHandler } from 'express';
import type { CaptureStore } from '../captures/store/capture-store.js';
import { ApiError } from './problem.js';

const CURRENT = /^\/api\/captures\/current(?=[/?]|$)/;

/** Replaces `current` by the id of the capture that began last of those that run. */
export function currentCapture(store: CaptureStore): RequestHandler {
  return (request, _response, next) => {
    if (CURRENT.test(request.url)) {
      const running = store.list().findLast(({ state }) => state === 'running');
      if (running === undefined)
        throw new ApiError(404, 'no-running-capture', 'No capture is running, so there is no current one.', {
          hint: 'Start one: POST /api/captures, or netglass start',
        });
      request.url = request.url.replace(CURRENT, `/api/captures/${encodeURIComponent(running.id)}`);
    }
    next();
  };
}
