/**
 * libpcap's DLT_ values, which differ between systems, and the LINKTYPE_ values that files carry, which do not.
 * Source: https://www.tcpdump.org/linktypes.html and pcap-common.c of libpcap 1.10.
 */

/** The DLT_ values of Linux whose LINKTYPE_ is another number; all others are the same. */
const linkTypeByDlt = new Map([
  [11, 100], // ATM_RFC1483
  [12, 101], // RAW: packets that begin with an IP header
  [15, 102], // SLIP_BSDOS
  [16, 103], // PPP_BSDOS
  [18, 246], // PFSYNC
  [19, 123], // ATM_CLIP
]);
const dltByLinkType = new Map([...linkTypeByDlt].map(([dlt, linkType]) => [linkType, dlt]));

/** The LINKTYPE_ value of what `pcap_datalink` says on Linux. */
export function linkTypeOfDlt(dlt: number): number {
  return linkTypeByDlt.get(dlt) ?? dlt;
}

/** The DLT_ value to compile a filter with for packets of this LINKTYPE_. */
export function dltOfLinkType(linkType: number): number {
  return dltByLinkType.get(linkType) ?? linkType;
}

export const LINKTYPE_RAW = 101;
