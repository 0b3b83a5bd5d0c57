/** How messages of SMB begin, which carriers of NetBIOS choose them by. */

const SMB = 0x534d42;

/**
 * The first octet of a message that goes on with "SMB" (0xff: version 1, 0xfe: 2 and 3, 0xfd: encrypted, 0xfc: compressed),
 * -1 when it is none. It is the value in the dispatch table `smb.magic`.
 */
export function smbMagic(view: DataView, at: number, end: number): number {
  if (at + 4 > end || at + 4 > view.byteLength) return -1;
  return (view.getUint32(at) & 0xffffff) === SMB ? view.getUint8(at) : -1;
}
