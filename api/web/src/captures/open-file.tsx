/** The button that opens a file as a capture. */

import { useRef } from 'react';
import { text } from '../text';
import { openFile } from './upload';

export function OpenFile() {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => file.current?.click()}>
        {text.captures.open}
      </button>
      <input
        ref={file}
        type="file"
        hidden
        onChange={({ target }) => {
          if (target.files?.[0] !== undefined) openFile(target.files[0]);
          target.value = '';
        }}
      />
    </>
  );
}
