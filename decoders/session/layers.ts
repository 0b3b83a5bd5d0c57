/** Decodes the layers of a walk into a packet's tree: as many of them, and as much, as somebody looks at. */

import type { Conversation } from '../core/conversation.js';
import { dissectLayers, newDissection, trailers, unclaimed, walkProblem } from '../core/dissect.js';
import type { Registry } from '../core/registry.js';
import type { LayerNode } from '../core/tree.js';
import type { Growing, Unit } from './growing.js';
import type { Worth } from './options.js';
import type { Transports } from './transports.js';

export class Layers {
  /** What messages carry is decoded where somebody looks at it, or it is remembered. */
  private readonly wantsWhatStays = (id: number, view: DataView, start: number, end: number): boolean =>
    this.registry.runtime(id).protocol.forgets?.octets(view, start, end) !== true;
  private readonly wantsContents = (id: number, view: DataView, start: number, end: number): boolean =>
    this.worth?.(id, view, start, end) !== false || this.wantsWhatStays(id, view, start, end);

  /** @param worth see `SessionOptions` */
  constructor(
    private readonly registry: Registry,
    private readonly transports: Transports,
    private readonly worth: Worth | undefined,
  ) {}

  /**
   * Adds layers to the tree.
   *
   * @param from depth of the first
   * @param conversation undefined where none is known, or only lower layers are wanted
   * @param withPayload whether what no protocol claims is shown as data
   */
  show(
    { view, walk, source }: Unit,
    from: number,
    growing: Growing,
    conversation: Conversation | undefined,
    withPayload: boolean,
  ): void {
    const { wanted, problems, notes } = growing;
    if (wanted === 'notes' || (wanted === 'none' && conversation === undefined)) return;
    const lean = wanted === 'none' || wanted === 'upper';
    const dissection = newDissection(this.registry, view, walk, {
      problems,
      conversation,
      notes,
      lean,
      sources: growing.sources,
      wants: wanted === 'none' ? this.wantsWhatStays : wanted === 'upper' ? this.wantsContents : undefined,
    });
    const layers: LayerNode[] = [];
    const partly = wanted !== 'whole' && wanted !== 'lower' && conversation !== undefined;
    const first = partly ? Math.max(from, this.transports.depthIn(walk) + 1) : from;
    const columns = dissectLayers(this.registry, dissection, first, layers);
    if (wanted === 'none') return;
    if (columns !== undefined) growing.shown = columns;
    if (from === 0 && source === undefined && !partly) trailers(this.registry, dissection, layers);
    const data = withPayload ? unclaimed(dissection, walk.capturedEnd) : undefined;
    if (data !== undefined) layers.push(data);
    walkProblem(dissection);
    for (const layer of layers)
      growing.layers.push(source === undefined || layer.source !== undefined ? layer : { ...layer, source });
  }
}
