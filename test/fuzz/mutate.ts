/** Changes a packet a little, in ways that decoders go wrong at. */

import type { Random } from '../support/random.js';

/** Numbers that lengths and counts go wrong at. */
const EXTREMES = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 63, 64, 127, 128, 191, 192, 254, 255];

/** Changes a few octets of `bytes` and answers how many of them remain. */
export function mutate(random: Random, bytes: Uint8Array, length: number, most = 8): number {
  const changes = 1 + random.below(most);
  let kept = length;
  for (let i = 0; i < changes && kept > 0; i++) {
    const at = random.below(kept);
    switch (random.below(6)) {
      case 0:
        bytes[at] ^= 1 << random.below(8);
        break;
      case 1:
        bytes[at] = random.next();
        break;
      case 2:
        bytes[at] = EXTREMES[random.below(EXTREMES.length)];
        break;
      case 3:
        bytes.copyWithin(random.below(kept), at, Math.min(kept, at + 1 + random.below(32)));
        break;
      case 4:
        bytes.fill(random.next(), at, Math.min(kept, at + random.below(16)));
        break;
      default:
        if (random.below(4) === 0) kept = at;
    }
  }
  return kept;
}
