/** The file that is being opened, and the place to drop one: the whole page. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { get } from '../api/client';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { text } from '../text';
import { bytes } from '../text/app';
import { openFile, useUpload } from './upload';
import './captures.css';

const words = text.captures;

export function UploadNotice() {
  const { upload } = useUpload();
  const over = useDrop();
  return (
    <>
      {over && (
        <div className="drop-target" aria-hidden="true">
          {words.dropHere}
        </div>
      )}
      {upload !== null && (upload.error === null ? <Progress /> : <Failure name={upload.name} error={upload.error} />)}
    </>
  );
}

function Progress() {
  const { upload } = useUpload();
  const { data } = useQuery({
    queryKey: ['captures'],
    queryFn: ({ signal }) => get('/api/captures', {}, {}, signal),
    refetchInterval: 500,
  });
  if (upload === null) return null;
  const stored = data?.find(({ state, name }) => state === 'importing' && name === upload.name);
  return (
    <div className="notice upload" role="status">
      <label>
        {words.importing(plain(upload.name, 200))} <progress value={upload.sent} max={Math.max(1, upload.size)} />
      </label>
      <span>
        {words.sent(bytes(upload.sent), bytes(upload.size))}
        {stored !== undefined && ` · ${words.reading(stored.packets)}`}
      </span>
      <button type="button" onClick={upload.abort}>
        {words.giveUp}
      </button>
    </div>
  );
}

function Failure({ name, error }: { readonly name: string; readonly error: Error }) {
  return (
    <div className="upload-failed">
      <p className="notice bad">{words.importFailed(plain(name, 200))}</p>
      <ProblemNotice error={error} />
      <button type="button" onClick={() => useUpload.setState({ upload: null })}>
        {words.close}
      </button>
    </div>
  );
}

/** Whether a file is being dragged over the page; dropping it opens it. */
function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const isFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const drag = (event: DragEvent) => {
      if (!isFile(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!isFile(event)) return;
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) openFile(file);
    };
    window.addEventListener('dragover', drag);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', drag);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return over;
}
