/** Dragging over the chart, by mouse, pen or finger. */

import type uPlot from 'uplot';

/** CSS pixels below which it is a click. */
const LEAST = 4;

/**
 * @param clicked gets the value of the x axis where was clicked
 * @param done gets the values of the x axis between which was dragged, the lesser first
 * @returns what ends that
 */
export function dragged(
  chart: uPlot,
  clicked: (at: number) => void,
  done: (from: number, to: number) => void,
): () => void {
  const { over } = chart;
  let begun: number | undefined;
  const place = (event: PointerEvent) => {
    const { left, width } = over.getBoundingClientRect();
    return Math.min(width, Math.max(0, event.clientX - left));
  };
  const mark = (from: number, to: number) =>
    chart.setSelect({ left: Math.min(from, to), width: Math.abs(to - from), top: 0, height: over.clientHeight }, false);
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    begun = place(event);
    over.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (begun !== undefined) mark(begun, place(event));
  };
  const up = (event: PointerEvent) => {
    if (begun === undefined) return;
    const [from, to] = [begun, place(event)];
    begun = undefined;
    mark(0, 0);
    if (Math.abs(to - from) < LEAST) clicked(chart.posToVal(to, 'x'));
    else done(chart.posToVal(Math.min(from, to), 'x'), chart.posToVal(Math.max(from, to), 'x'));
  };
  const cancel = () => {
    begun = undefined;
    mark(0, 0);
  };
  over.addEventListener('pointerdown', down);
  over.addEventListener('pointermove', move);
  over.addEventListener('pointerup', up);
  over.addEventListener('pointercancel', cancel);
  return () => {
    over.removeEventListener('pointerdown', down);
    over.removeEventListener('pointermove', move);
    over.removeEventListener('pointerup', up);
    over.removeEventListener('pointercancel', cancel);
  };
}
