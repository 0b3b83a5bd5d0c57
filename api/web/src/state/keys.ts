/** Keys that mean the same wherever on the page somebody is, except where they type. */

type Action = (event: KeyboardEvent) => void;
const actions = new Map<string, Action[]>();

/** Whether somebody types into `target`: a letter there is a letter. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type);
}

/**
 * Calls back when a key is pressed anywhere but in a text field or a dialog.
 *
 * @param key `KeyboardEvent.key`, without Ctrl, Alt or Meta. Who asked last has it.
 * @returns what ends that
 */
export function onKey(key: string, action: Action): () => void {
  actions.set(key, [...(actions.get(key) ?? []), action]);
  return () =>
    actions.set(
      key,
      (actions.get(key) ?? []).filter((one) => one !== action),
    );
}

/** What Space means something to by itself. */
const PRESSED = 'button, a, input, summary, label, [role=button], [role=tab], [role=separator]';

/** Listens, once, for as long as there is the page. */
export function followKeys(): void {
  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || isTyping(event.target)) return;
    if (event.target instanceof Element && event.target.closest('[role=dialog], [role=menu]') !== null) return;
    if (event.key === ' ' && event.target instanceof Element && event.target.closest(PRESSED) !== null) return;
    const action = actions.get(event.key)?.at(-1);
    if (action === undefined) return;
    event.preventDefault();
    action(event);
  });
}
