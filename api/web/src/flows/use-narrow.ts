/** Whether the page is as narrow as a telephone: then what is side by side elsewhere stands one below the other. */

import { useSyncExternalStore } from 'react';

/** As the style sheets have it. */
const narrow = window.matchMedia('(width < 760px)');

function listen(heard: () => void): () => void {
  narrow.addEventListener('change', heard);
  return () => narrow.removeEventListener('change', heard);
}

export const useNarrow = (): boolean => useSyncExternalStore(listen, () => narrow.matches);
