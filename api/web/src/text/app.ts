const number = new Intl.NumberFormat('en-GB');
const one = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });

/** 1234567 → 1,234,567 */
export const count = (value: number): string => number.format(value);

/** Octets with a decimal prefix, as disks and networks are sold: 1234567 → 1.2 MB */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${one.format(rest)} ${units[unit]}`;
}

export const app = {
  name: 'netglass',
  tabs: { packets: 'Packets', flows: 'Flows', statistics: 'Statistics', lab: 'Lab', captures: 'Captures' },
  parts: 'Parts of the page',
  status: 'Capture status',
  states: { running: 'capturing', stopped: 'stopped', importing: 'importing', failed: 'failed' },
  packets: (value: number) => `${count(value)} packets`,
  rate: (value: number) => `${count(Math.round(value))} packets/s`,
  lost: {
    none: 'nothing lost',
    some: (value: number) => `${count(value)} lost`,
    unknown: 'losses unknown',
    detail: (kernel: string, card: string, daemon: string) =>
      `Lost in the kernel: ${kernel}, by the interface: ${card}, in netglass: ${daemon}`,
    notKnown: 'unknown',
  },
  connection: {
    connecting: 'Connecting …',
    lost: 'netglass does not answer. This page asks again every second, and goes on where it was.',
    missing: 'There is no such capture: it may have been deleted.',
  },
  loading: 'Loading …',
  noCaptures: 'There is no capture yet. Start one, or open a file.',
};
