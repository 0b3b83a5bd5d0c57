/** The whole ladder as a file: an SVG to draw on, or a PNG for slides. */

import { useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import type { SequencePage } from '../api/types';
import { largestHeight, savePng, saveSvg } from '../parts/save-picture';
import { text } from '../text';
import type { Hidden } from './hidden';
import { LadderHeads, LadderSteps } from './ladder';
import { HEAD, type Layout } from './ladder-layout';

const words = text.flows.ladder;

interface Props {
  readonly hosts: SequencePage['hosts'];
  readonly layout: Layout;
  readonly hidden: Hidden;
  readonly name: string;
}

export function LadderSave({ name, ...ladder }: Props) {
  const [told, setTold] = useState('');
  const steps = ladder.layout.placed.length;
  const png = async () => {
    const tallest = largestHeight(ladder.layout.width) - HEAD;
    const fit = ladder.layout.placed.findIndex(({ end }) => end > tallest);
    const shown = fit === -1 ? steps : fit;
    setTold(shown < steps ? words.pngCut(shown) : '');
    const saved = await drawn(ladder, shown, (svg) => savePng(svg, `${name}.png`));
    if (!saved) setTold(words.pngFailed);
  };
  return (
    <>
      <button
        type="button"
        disabled={steps === 0}
        onClick={() => void drawn(ladder, steps, async (svg) => saveSvg(svg, `${name}.svg`))}
      >
        {words.svg}
      </button>
      <button type="button" disabled={steps === 0} onClick={() => void png()}>
        {words.png}
      </button>
      <span role="status">{told}</span>
    </>
  );
}

/** Draws all steps, out of sight, where the page draws those in sight only. */
async function drawn<T>(
  { layout, ...rest }: Omit<Props, 'name'>,
  steps: number,
  take: (svg: SVGSVGElement) => Promise<T>,
): Promise<T> {
  const place = document.createElement('div');
  place.className = 'ladder-offscreen';
  document.body.append(place);
  const root = createRoot(place);
  const { width } = layout;
  const height = (layout.placed[steps - 1]?.end ?? 0) + 16;
  const ladder = { ...rest, layout: { ...layout, height } };
  try {
    flushSync(() =>
      root.render(
        // biome-ignore lint/a11y/noSvgWithoutTitle: nobody sees this one, and the file has its name
        <svg className="ladder" viewBox={`0 0 ${width} ${HEAD + height}`} width={width} height={HEAD + height}>
          <LadderHeads {...ladder} />
          <g transform={`translate(0 ${HEAD})`}>
            <LadderSteps {...ladder} sight={[0, steps]} active={-1} selected={null} />
          </g>
        </svg>,
      ),
    );
    const svg = place.querySelector('svg');
    if (svg === null) throw new Error('The ladder was not drawn.');
    return await take(svg);
  } finally {
    root.unmount();
    place.remove();
  }
}
