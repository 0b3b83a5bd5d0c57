/** A packet cannot be made of the layers that were given: one sentence that names the layer and the field. */
export class PacketError extends Error {
  override readonly name = 'PacketError';
}
