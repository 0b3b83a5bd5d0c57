/** TCP control bits in octet 13 of the header, RFC 9293 section 3.1. */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;
