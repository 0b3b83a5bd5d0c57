import { bytes, count } from './app';

const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });
const decimals = (places: number) => new Intl.NumberFormat('en-GB', { maximumFractionDigits: places });

/**
 * Seconds since the capture's first packet: 3.25 → 3.25 s, 125 → 2:05, 3700 → 1:01:40
 *
 * @param step the least difference that is shown
 * @param longest what stands beside it, so that all are written alike
 */
export function seconds(value: number, step = 0.001, longest = value): string {
  const places = step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step)));
  if (longest < 120) return `${decimals(places).format(value)} s`;
  const whole = Math.floor(value);
  const two = (part: number) => String(part).padStart(2, '0');
  const fraction = value - whole >= step && places > 0 ? (value - whole).toFixed(places).slice(1) : '';
  const minutes = Math.floor(whole / 60);
  const clock = minutes < 60 ? String(minutes) : `${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
  return `${clock}:${two(whole % 60)}${fraction}`;
}

export const timeline = {
  region: 'Timeline',
  show: 'Show the timeline',
  hide: 'Hide the timeline',
  measure: 'What is drawn',
  measures: { packets: 'Packets', bytes: 'Bytes' },
  per: (interval: number) => `per ${seconds(interval, interval)}`,
  legend: 'Protocols: press to hide or show',
  others: 'others',
  chart: 'Moment in the capture',
  chartHelp:
    'Arrow keys move, with Shift they mark a time; Enter goes to the packets; Escape shows the whole capture again.',
  hint: 'Click to go to a moment, drag to look at a part of the time',
  whole: 'Whole capture',
  limits: (from: string, to: string) => `${from} to ${to}`,
  start: 'the beginning',
  end: 'the end',
  value: { packets: (value: number) => `${count(value)} packets`, bytes },
  axis: { packets: (value: number) => compact.format(value), bytes: (value: number) => bytes(value) },
  lost: (value: number) => `${count(value)} lost`,
  lostHelp: 'Packets were lost where it is red: a gap there is no proof that nothing was sent.',
  table: 'As a table',
  columns: { time: 'From', packets: 'Packets', bytes: 'Bytes', lost: 'Lost', protocols: 'Protocols' },
  summary: (packets: number, duration: string, most: number, at: string, lost: number | null) =>
    `${count(packets)} packets in ${duration}; the busiest moment is at ${at} with ${count(most)}. ${
      lost === null
        ? 'Losses were not counted.'
        : lost === 0
          ? 'Nothing was lost.'
          : `${count(lost)} packets were lost.`
    }`,
  empty: 'No packet to draw yet.',
  looking: 'Still counting …',
};
