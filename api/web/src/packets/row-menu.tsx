/** What can be done with a row of the packet list. */

import type { PacketRow } from '../api/types';
import { applyCondition } from '../filter/apply';
import { addressIs } from '../filter/combine';
import { filterActions } from '../filter/filter-menu';
import { copyText } from '../out/copy';
import { type Action, type At, ContextMenu } from '../parts/context-menu';
import { plain } from '../parts/plain';
import { HIDDEN, isToldBy, useChallenge } from '../room/challenge';
import { useSettings } from '../state/settings';
import { useView } from '../state/view';
import { text } from '../text';
import { type Column, columnsOf } from './columns';
import { useFields } from './detail/use-fields';
import { openFlow } from './list-state';
import { askMark } from './mark-dialog';

const words = text.packets.menu;

interface Props {
  readonly row: PacketRow | undefined;
  /** The column that was pointed at. */
  readonly column: Column | undefined;
  readonly at: At | undefined;
  readonly onClose: () => void;
}

export function RowMenu({ row, column, at, onClose }: Props) {
  const filter = useView((view) => view.filter);
  const names = useSettings((settings) => settings.columns);
  const hidden = useChallenge((challenge) => challenge.hidden);
  const { protocols } = useFields(at !== undefined);
  if (row === undefined) return null;
  const cell = column === undefined || isToldBy(column.name, hidden, row) ? undefined : column.filter?.(row);
  const protocol = protocolOf(row.protocol);
  const quick: (readonly [string, string | undefined])[] = [
    [words.source, addressIs(row.source ?? '', 'addr')],
    [words.destination, addressIs(row.destination ?? '', 'addr')],
    [words.conversation, conversationOf(row)],
    [words.protocol, protocols.has(protocol) ? protocol : undefined],
  ];
  const only = quick.flatMap(([label, condition]): Action[] =>
    condition === undefined
      ? []
      : [{ label, detail: plain(condition, 60), run: () => applyCondition(condition, filter === '' ? 'only' : 'and') }],
  );
  const copied = columnsOf(names).map((one) => (isToldBy(one.name, hidden, row) ? HIDDEN : one.value(row)));
  return (
    <ContextMenu
      at={at}
      label={words.label(row.number)}
      onClose={onClose}
      groups={[
        {
          actions: [
            { label: words.flow, disabled: row.flow === null, run: () => openFlow(row) },
            { label: words.mark, disabled: row.time === null, run: () => askMark(row) },
            { label: words.copy, run: () => void copyText(words.copied, copied.join('\t')) },
          ],
        },
        { title: filter === '' ? words.only : words.and, actions: only },
        ...(cell === undefined ? [] : [{ title: words.cell, actions: filterActions(filter, cell) }]),
      ]}
    />
  );
}

/** `TLSv1.3` → `tls`: filter names have no versions. */
const protocolOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/v\d+(\.\d+)?$/, '')
    .replaceAll('/', '.');

/** Both ends, with their ports, whatever the transport. */
function conversationOf({ source, destination, sourcePort, destinationPort }: PacketRow): string | undefined {
  const ends = [addressIs(source ?? ''), addressIs(destination ?? '')];
  if (ends.includes(undefined)) return undefined;
  const both = ends.join(' && ');
  if (sourcePort === null || destinationPort === null) return both;
  const ports = (transport: string) => `${transport}.port == ${sourcePort} && ${transport}.port == ${destinationPort}`;
  return `${both} && ((${ports('tcp')}) || (${ports('udp')}))`;
}
