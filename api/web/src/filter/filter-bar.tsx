/** The display filter. */

import { type FormEvent, useEffect, useState } from 'react';
import { show, useView } from '../state/view';

export function FilterBar() {
  const applied = useView((view) => view.filter);
  const [typed, setTyped] = useState(applied);
  useEffect(() => setTyped(applied), [applied]);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    show({ filter: typed.trim() });
  };
  return (
    <form className="filter-bar" onSubmit={apply} role="search">
      <input
        type="text"
        aria-label="Display filter"
        id="display-filter"
        value={typed}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setTyped(event.target.value)}
      />
    </form>
  );
}
