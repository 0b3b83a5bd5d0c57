/** What the decoders' core offers to protocols, filters and everything outside. */

export { Body } from './body.js';
export { onesComplementSum } from './bytes.js';
export { AddressFamily, BATCH_ROWS, Columns } from './columns.js';
export { dissect, dissectLayer, type PacketData } from './dissect.js';
export * from './field.js';
export type { Problem } from './problem.js';
export { type Dispatch, type Protocol, protocol, sharedFields, startingWith } from './protocol.js';
export {
  type FieldReference,
  type FieldType,
  fieldReference,
  type ProtocolReference,
  protocolReference,
} from './reference.js';
export { type DecodeAs, type RegisteredField, Registry, type Runtime } from './registry.js';
export { summarizePacket } from './summarize.js';
export { type FieldNode, type FieldValue, findField, type LayerNode, type PacketTree } from './tree.js';
export { PacketFlag, REST, Walk, walkPacket } from './walk.js';
