/** `netglass interfaces`: what can be captured on. */

import { Command } from 'commander';
import { listInterfaces } from '../../captures/sources/interfaces.js';

export function interfacesCommand(): Command {
  return new Command('interfaces')
    .description('list the interfaces to capture on')
    .option('--json', 'as JSON, as GET /api/interfaces answers')
    .action(async ({ json }: { json?: true }) => {
      const found = await listInterfaces();
      if (json) {
        console.log(JSON.stringify(found, undefined, 2));
        return;
      }
      const rows = found.map(({ name, up, running, loopback, linkTypes, addresses, description }) => [
        name,
        running ? 'running' : up ? 'up' : 'down',
        loopback ? 'loopback' : '',
        linkTypes.join(',') || '-',
        addresses.join(' ') || '-',
        description,
      ]);
      console.log(table([['NAME', 'STATE', '', 'LINK TYPES', 'ADDRESSES', 'DESCRIPTION'], ...rows]));
    });
}

/** Columns as wide as their widest cell; a column that is empty throughout is left out. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head, ...body] = rows;
  const shown = head.map((_, column) => column).filter((column) => body.some((row) => row[column] !== ''));
  const widths = new Map(shown.map((column) => [column, Math.max(...rows.map((row) => row[column].length))]));
  return rows
    .map((row) =>
      shown
        .map((column) => row[column].padEnd(widths.get(column)!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
