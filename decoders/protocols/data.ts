import { bytes, protocol, uint } from '../core/index.js';
import { leavesNothing, MEDIA, Media } from './media-types.js';

/**
 * A payload that no protocol claims: the tree adds it for what is left behind the last layer. Bodies of messages come
 * here that are of no type, and those whose compression is not known.
 */
export const data = protocol('data', 'Data', {
  reference: 'no standard: octets that nobody claims',
  column: 'Data',
  carriedBy: { [MEDIA]: Media.unknown },
  header: {},
  fields: { data: bytes(0, 'Data'), len: uint(32, 'Length', { unit: 'bytes' }) },
  headerLength: 'all',
  forgets: leavesNothing,
  body: (body, field) => {
    const length = body.remaining;
    const at = body.position;
    body.take(field.data, length);
    body.derived(field.len, length, undefined, at);
  },
  info: (layer) => `${layer.length} bytes`,
});
