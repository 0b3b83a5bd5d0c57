import { bytes, protocol, uint } from '../core/index.js';

/**
 * A payload that no protocol claims. Nothing dispatches here: the tree adds it for what is left, and this declaration
 * gives its fields their place in the vocabulary.
 */
export const data = protocol('data', 'Data', {
  reference: 'no standard: octets that nobody claims',
  column: 'Data',
  header: {},
  fields: { data: bytes(0, 'Data'), len: uint(32, 'Length', { unit: 'bytes' }) },
});
