/** What is painted over the bars: losses, and the time that is not looked at. Coordinates are those of the canvas. */

import type uPlot from 'uplot';
import type { Drawn } from './buckets';

interface LossLook {
  readonly red: string;
  readonly ground: string;
  readonly font: string;
}

/** Neighbouring buckets in which packets were lost, as one: one loss is spread over several where they are short. */
function lossesOf(drops: readonly (number | null)[]): { first: number; last: number; lost: number }[] {
  const runs: { first: number; last: number; lost: number }[] = [];
  drops.forEach((lost, at) => {
    if (lost === null || lost === 0) return;
    const before = runs.at(-1);
    if (before?.last === at - 1) {
      before.last = at;
      before.lost += lost;
    } else runs.push({ first: at, last: at, lost });
  });
  return runs;
}

/** Red bars over the whole height where packets were lost, with words on the worst of them that have room. */
export function paintLosses(
  { ctx, bbox, valToPos }: uPlot,
  { times, interval, drops }: Drawn,
  { red, ground, font }: LossLook,
  words: (lost: number) => string,
): void {
  const scale = devicePixelRatio;
  const runs = lossesOf(drops);
  if (runs.length === 0) return;
  ctx.save();
  for (const { first, last } of runs) {
    const left = valToPos(times[first], 'x', true);
    const width = Math.max(2 * scale, valToPos(times[last] + interval, 'x', true) - left);
    ctx.fillStyle = red;
    ctx.globalAlpha = 0.45;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, bbox.top, width, 5 * scale);
  }
  ctx.font = font.replace(/^[\d.]+/, (size) => String(Number(size) * scale));
  ctx.textBaseline = 'top';
  const taken: { from: number; to: number }[] = [];
  for (const { first, last, lost } of [...runs].sort((a, b) => b.lost - a.lost).slice(0, 12)) {
    const label = words(lost);
    const width = ctx.measureText(label).width + 6 * scale;
    const middle = valToPos((times[first] + times[last] + interval) / 2, 'x', true);
    const from = Math.min(bbox.left + bbox.width - width, Math.max(bbox.left, middle - width / 2));
    if (taken.some((other) => from < other.to && from + width > other.from)) continue;
    taken.push({ from, to: from + width });
    const height = Number.parseFloat(ctx.font) * 1.3;
    ctx.fillStyle = ground;
    ctx.fillRect(from, bbox.top + 7 * scale, width, height);
    ctx.fillStyle = red;
    ctx.fillText(label, from + 3 * scale, bbox.top + 8 * scale);
  }
  ctx.restore();
}

/** Veils what is not looked at, and draws the edges of what is. */
export function paintLimits(
  { ctx, bbox, valToPos }: uPlot,
  from: number | null,
  to: number | null,
  { veil, edge }: { readonly veil: string; readonly edge: string },
): void {
  if (from === null && to === null) return;
  const [left, right] = [bbox.left, bbox.left + bbox.width];
  const within = (place: number) => Math.min(right, Math.max(left, place));
  const begin = from === null ? left : within(valToPos(from, 'x', true));
  const end = to === null ? right : within(valToPos(to, 'x', true));
  ctx.save();
  ctx.fillStyle = veil;
  ctx.globalAlpha = 0.72;
  ctx.fillRect(left, bbox.top, begin - left, bbox.height);
  ctx.fillRect(end, bbox.top, right - end, bbox.height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = edge;
  const width = 2 * devicePixelRatio;
  if (from !== null) ctx.fillRect(begin - width / 2, bbox.top, width, bbox.height);
  if (to !== null) ctx.fillRect(end - width / 2, bbox.top, width, bbox.height);
  ctx.restore();
}
