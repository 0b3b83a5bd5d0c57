/** A run as it is told to others: its steps with their packets. */

import { defined } from '../captures/defined.js';
import type { PacketRow } from '../captures/query/query-types.js';
import { timeText } from '../decoders/core/frame.js';
import type { StepLinks } from './links.js';
import { askedText, type MadeStep, stepText, type Telling } from './step.js';

/** A step before it is made. */
export function tellingView(step: Telling) {
  const { end, call, arguments: given, code, note, look } = step;
  return { end, call, arguments: [...given], text: askedText(step), code, ...defined({ note, look }) };
}

/** A step that was made. */
export function stepView(step: MadeStep, { packets, received, flow }: StepLinks) {
  const { number, began, ended, result, error, output, mark } = step;
  return {
    number,
    ...tellingView(step),
    text: stepText(step),
    result,
    ...defined({ error, output }),
    time: timeText(began),
    endTime: timeText(ended),
    mark,
    packets: [...packets],
    received: [...received],
    flow,
  };
}

/** Of a packet what the packet list shows. */
export function packetView(packet: PacketRow) {
  const { number, time, source, destination, sourcePort, destinationPort, protocol, info, flow } = packet;
  return { number, time, source, destination, sourcePort, destinationPort, protocol, info, flow };
}
