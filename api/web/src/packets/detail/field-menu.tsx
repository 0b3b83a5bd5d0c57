/** What can be done with a field: filter by it, make it a column, copy it, ask what it is. */

import { quoted } from '../../filter/combine';
import { filterActions } from '../../filter/filter-menu';
import { copyText } from '../../out/copy';
import { type Action, type At, ContextMenu } from '../../parts/context-menu';
import { hide, useChallenge } from '../../room/challenge';
import { set, useSettings } from '../../state/settings';
import { useView } from '../../state/view';
import { text } from '../../text';
import { conditionOf, type TreeNode } from './model';
import { titleOf } from './show';
import { useFields } from './use-fields';

const words = text.detail.menu;
interface Props {
  readonly node: TreeNode | undefined;
  readonly at: At | undefined;
  readonly onClose: () => void;
  readonly onAbout: (node: TreeNode) => void;
}

export function FieldMenu({ node, at, onClose, onAbout }: Props) {
  const { fields, ready } = useFields(at !== undefined);
  const columns = useSettings((settings) => settings.columns);
  const filter = useView((view) => view.filter);
  const hidden = useChallenge((challenge) => challenge.hidden);
  if (node === undefined) return null;
  const { field, layer } = node;
  const name = field?.name ?? layer.protocol;
  const known = field === undefined || fields.has(name);
  const condition = field === undefined ? name : conditionOf(field, fields.get(name)?.type, quoted);
  const filters = ready && known ? filterActions(filter, condition) : [];
  const isColumn = columns.includes(name);
  const column: Action = {
    label: isColumn ? words.columnAway : words.column,
    disabled: !known,
    run: () =>
      set({ columns: isColumn ? columns.filter((one) => one !== name) : insertedBefore(columns, name, 'info') }),
  };
  const isHidden = hidden.has(name);
  const copies = [
    {
      label: words.value,
      disabled: isHidden,
      run: () => void copyText(words.copied.value, field?.display ?? layer.summary),
    },
    { label: words.name, run: () => void copyText(words.copied.name, name) },
    {
      label: words.condition,
      disabled: !ready || isHidden,
      run: () => void copyText(words.copied.condition, condition),
    },
  ];
  const challenge = { label: text.room.challenge.hide, disabled: isHidden, run: () => hide(name) };
  return (
    <ContextMenu
      at={at}
      label={words.label(titleOf(node))}
      onClose={onClose}
      groups={[
        { actions: isHidden ? [] : filters },
        { title: words.copy, actions: copies },
        { actions: field === undefined ? [] : [column, challenge] },
        { actions: [{ label: words.about, run: () => onAbout(node) }] },
      ]}
    />
  );
}

function insertedBefore(names: readonly string[], name: string, next: string): readonly string[] {
  const at = names.indexOf(next);
  return at < 0 ? [...names, name] : [...names.slice(0, at), name, ...names.slice(at)];
}
