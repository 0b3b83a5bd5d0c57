/** A capture file on its way to the service, with how far it has come. */

import { create } from 'zustand';
import { address, queryClient, ServiceError, UnreachableError } from '../api/client';
import type { Capture, Problem } from '../api/types';
import { showCapture } from '../state/view';

export interface Upload {
  readonly name: string;
  /** Octets. */
  readonly size: number;
  readonly sent: number;
  /** null: it is still on its way. */
  readonly error: Error | null;
  readonly abort: () => void;
}

/** The file that is being opened, or that could not be; null: none. */
export const useUpload = create<{ upload: Upload | null }>(() => ({ upload: null }));

/** Longest name that the service takes. */
const LONGEST_NAME = 200;

/**
 * Sends a file, and shows its capture when it is stored. One at a time: a second file takes the place of the first.
 * fetch cannot tell how much of a body is sent, so this is an XMLHttpRequest.
 */
export function openFile(file: File): void {
  useUpload.getState().upload?.abort();
  const request = new XMLHttpRequest();
  const name = file.name.slice(0, LONGEST_NAME) || 'import';
  const mine = () => useUpload.getState().upload?.abort === abort;
  const change = (to: Partial<Upload>) => {
    const { upload } = useUpload.getState();
    if (upload !== null && mine()) useUpload.setState({ upload: { ...upload, ...to } });
  };
  const abort = () => {
    if (mine()) useUpload.setState({ upload: null });
    request.abort();
  };
  useUpload.setState({ upload: { name, size: file.size, sent: 0, error: null, abort } });
  request.upload.onprogress = ({ loaded }) => change({ sent: loaded });
  request.onerror = () =>
    change({ error: new UnreachableError('The service broke the connection off, or does not answer.') });
  request.onload = () => {
    const body = parsed(request.responseText);
    if (request.status !== 201) {
      const problem = body as Partial<Problem> | undefined;
      const said = problem?.detail ?? `The service answered with status ${request.status}.`;
      return change({ error: new ServiceError(request.status, problem, said) });
    }
    const capture = body as Capture;
    void queryClient.invalidateQueries({ queryKey: ['captures'] });
    showCapture(capture.id, { tab: 'packets', filter: '' });
    // What was read before the damage is there; that the rest is not has to be said.
    if (capture.error === undefined) useUpload.setState({ upload: null });
    else change({ error: new Error(capture.error) });
  };
  request.open('POST', address('/api/captures/import', {}, { name }));
  request.send(file);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not from netglass, but from something between
  }
}
