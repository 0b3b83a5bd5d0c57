import { bytes, protocol } from '../core/index.js';
import { leavesNothing, MEDIA, Media } from './media-types.js';

/** A body of a media type that no protocol reads. */
export const media = protocol('media', 'Media Type', {
  reference: 'RFC 2046',
  carriedBy: { [MEDIA]: Media.other },
  header: {},
  fields: { type: bytes(0, 'Media type') },
  headerLength: 'all',
  forgets: leavesNothing,
  body: (body, field) => {
    const type = body.dissection.carried?.type ?? '';
    body.lists('', ` (${type})`);
    body.take(field.type, body.remaining);
  },
  info: (layer, { dissection }) => `${dissection.carried?.type ?? ''} (${layer.length} bytes)`,
});
