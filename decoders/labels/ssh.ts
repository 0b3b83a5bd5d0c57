/** IANA "Secure Shell (SSH) Protocol Parameters": message numbers, with what Wireshark calls them. */
export const messages: Readonly<Record<number, string>> = {
  1: 'Disconnect',
  2: 'Ignore',
  3: 'Unimplemented',
  4: 'Debug',
  5: 'Service Request',
  6: 'Service Accept',
  7: 'Extension Information',
  20: 'Key Exchange Init',
  21: 'New Keys',
};

/** Numbers 30 to 49 mean what the method of the key exchange says (RFC 4250, section 4.1.2). */
export const diffieHellman: Readonly<Record<number, string>> = {
  30: 'Diffie-Hellman Key Exchange Init',
  31: 'Diffie-Hellman Key Exchange Reply',
};

/** RFC 4419. */
export const groupExchange: Readonly<Record<number, string>> = {
  31: 'Diffie-Hellman Group Exchange Group',
  32: 'Diffie-Hellman Group Exchange Init',
  33: 'Diffie-Hellman Group Exchange Reply',
  34: 'Diffie-Hellman Group Exchange Request',
};

/** RFC 5656, and RFC 8731 for Curve25519. */
export const ellipticCurve: Readonly<Record<number, string>> = {
  30: 'Elliptic Curve Diffie-Hellman Key Exchange Init',
  31: 'Elliptic Curve Diffie-Hellman Key Exchange Reply',
};
