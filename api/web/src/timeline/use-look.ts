/** Which colours and sizes the page has now, for what is drawn on a canvas and does not follow the style sheet. */

import { useSyncExternalStore } from 'react';

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'data-large'] });
  return () => observer.disconnect();
}

/** @returns another text whenever they change */
export function useLook(): string {
  return useSyncExternalStore(subscribe, () => {
    const { theme, large } = document.documentElement.dataset;
    return `${theme} ${large}`;
  });
}
