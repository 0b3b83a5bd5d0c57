/** Packets from layers that are given as JSON. */

export {
  type BuildOptions,
  type BuiltLayer,
  type BuiltPacket,
  buildPacket,
  ETHERNET,
  encodable,
  type LayerSpec,
  RAW_IP,
} from './build.js';
export type { Random, Varying } from './codec.js';
export { PacketError } from './error.js';
