/** Which colour is which protocol; pressing one hides it. */

import { text } from '../text';

interface Props {
  readonly protocols: readonly string[];
  /** Custom properties. */
  readonly colours: readonly string[];
  readonly hidden: ReadonlySet<string>;
  readonly onChange: (hidden: ReadonlySet<string>) => void;
}

export function Legend({ protocols, colours, hidden, onChange }: Props) {
  return (
    <fieldset className="timeline-legend">
      <legend className="visually-hidden">{text.timeline.legend}</legend>
      {protocols.map((name, place) => (
        <button
          type="button"
          key={name}
          aria-pressed={!hidden.has(name)}
          onClick={() => {
            const changed = new Set(hidden);
            if (!changed.delete(name)) changed.add(name);
            onChange(changed);
          }}
        >
          <span className="timeline-swatch" style={{ background: `var(${colours[place]})` }} />
          {name === '' ? text.timeline.others : name}
        </button>
      ))}
    </fieldset>
  );
}
