/** One parameter of a demo in a form. */

import { type Parameter, titleOf } from './parameters';

export function ParameterInput({ parameter }: { readonly parameter: Parameter }) {
  const { name, about, kind, standard } = parameter;
  const help = about === '' ? undefined : `lab-help-${name}`;
  if (kind === 'switch')
    return (
      <div className="field">
        <label className="check">
          <input type="checkbox" name={name} defaultChecked={standard === true} aria-describedby={help} />
          <span>{titleOf(name)}</span>
        </label>
        {about !== '' && <small id={help}>{about}</small>}
      </div>
    );
  return (
    <div className="field">
      <label htmlFor={`lab-parameter-${name}`}>{titleOf(name)}</label>
      <Input parameter={parameter} help={help} />
      {about !== '' && <small id={help}>{about}</small>}
    </div>
  );
}

function Input({ parameter, help }: { readonly parameter: Parameter; readonly help: string | undefined }) {
  const { name, kind, standard, choices, least, most, whole, longest, optional } = parameter;
  const text = standard === undefined ? '' : kind === 'json' ? JSON.stringify(standard) : String(standard);
  const id = `lab-parameter-${name}`;
  if (kind === 'choice')
    return (
      <select id={id} name={name} defaultValue={text} aria-describedby={help}>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  if (kind === 'number')
    return (
      <input
        id={id}
        type="number"
        name={name}
        defaultValue={text}
        required={!optional}
        min={least}
        max={most}
        step={whole ? 1 : 'any'}
        aria-describedby={help}
      />
    );
  return (
    <input
      id={id}
      name={name}
      defaultValue={text}
      required={!optional}
      maxLength={longest}
      spellCheck={false}
      autoComplete="off"
      className="code"
      aria-describedby={help}
    />
  );
}
