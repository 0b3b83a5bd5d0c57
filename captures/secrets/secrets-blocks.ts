/** Decryption Secrets Blocks among other blocks of a pcapng (draft-ietf-opsawg-pcapng, section 4.7). */

import { BLOCK_TYPE, nextBlock, viewOf } from '../formats/epb.js';
import { TLS_KEY_LOG } from '../formats/pcapng-writer.js';

const HEADER = 16;

/** The texts of the TLS key logs among whole little-endian blocks. */
export function keyLogTexts(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at = nextBlock(view, at)) {
    if (view.getUint32(at, true) !== BLOCK_TYPE.decryptionSecrets) continue;
    const end = nextBlock(view, at) - 4;
    if (at + HEADER > end || view.getUint32(at + 8, true) !== TLS_KEY_LOG) continue;
    const start = at + HEADER;
    texts.push(
      Buffer.from(bytes.subarray(start, Math.min(end, start + view.getUint32(at + 12, true)))).toString('latin1'),
    );
  }
  return texts;
}
