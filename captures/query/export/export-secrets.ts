/** The Decryption Secrets Blocks of an export: Wireshark then decrypts what netglass does without being told. */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { decryptionSecrets } from '../../formats/pcapng-writer.js';
import { secretsPath } from '../../secrets/capture-secrets.js';

/** Octets of a block at most: readers refuse those of 16 MB. */
const LARGEST = 1 << 20;
const NEWLINE = 10;

/** Reads `secrets.keys` on from where it was read to. */
export class SecretBlocks {
  private position = 0;

  constructor(private readonly folder: string) {}

  /** Those that were added since the last call, whole lines each. */
  next(): Uint8Array[] {
    const path = secretsPath(this.folder);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const blocks: Uint8Array[] = [];
    if (size <= this.position) return blocks;
    const fd = openSync(path, 'r');
    try {
      const piece = Buffer.alloc(LARGEST);
      while (this.position < size) {
        const length = readSync(fd, piece, 0, LARGEST, this.position);
        const end = piece.subarray(0, length).lastIndexOf(NEWLINE) + 1;
        if (end === 0) break;
        blocks.push(decryptionSecrets(piece.subarray(0, end)));
        this.position += end;
      }
    } finally {
      closeSync(fd);
    }
    return blocks;
  }
}
