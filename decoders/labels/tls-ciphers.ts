/**
 * IANA "TLS Cipher Suites". The registry is regular: runs of key exchanges, each with a run of ciphers. A block here names a run
 * of code points: its first, the key exchanges, and the ciphers that each of them has.
 */

type Block = readonly [first: number, exchanges: string, ciphers: string];

const STATIC = 'RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon';
const ONE_EACH = 'RSA DHE_RSA DH_RSA DHE_DSS DH_DSS DH_anon';
const CURVES = 'ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA';
const SHARED = 'PSK DHE_PSK RSA_PSK';
const GCM = 'AES_128_GCM_SHA256 AES_256_GCM_SHA384';
const CBC = 'AES_128_CBC_SHA256 AES_256_CBC_SHA384';
const CBC_SHA = '3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA';
const ARIA_CBC = 'ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384';
const ARIA_GCM = 'ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384';
const CAMELLIA_CBC = 'CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA384';
const CAMELLIA_GCM = 'CAMELLIA_128_GCM_SHA256 CAMELLIA_256_GCM_SHA384';
const EXPORT_AND_DES = 'DES_CBC_SHA 3DES_EDE_CBC_SHA';

const blocks: readonly Block[] = [
  [0x0000, 'NULL', 'NULL_NULL'],
  [0x0001, 'RSA', 'NULL_MD5 NULL_SHA'],
  [0x0003, 'RSA_EXPORT', 'RC4_40_MD5'],
  [0x0004, 'RSA', 'RC4_128_MD5 RC4_128_SHA'],
  [0x0006, 'RSA_EXPORT', 'RC2_CBC_40_MD5'],
  [0x0007, 'RSA', 'IDEA_CBC_SHA'],
  [0x0008, 'RSA_EXPORT', 'DES40_CBC_SHA'],
  [0x0009, 'RSA', EXPORT_AND_DES],
  [0x000b, 'DH_DSS_EXPORT', 'DES40_CBC_SHA'],
  [0x000c, 'DH_DSS', EXPORT_AND_DES],
  [0x000e, 'DH_RSA_EXPORT', 'DES40_CBC_SHA'],
  [0x000f, 'DH_RSA', EXPORT_AND_DES],
  [0x0011, 'DHE_DSS_EXPORT', 'DES40_CBC_SHA'],
  [0x0012, 'DHE_DSS', EXPORT_AND_DES],
  [0x0014, 'DHE_RSA_EXPORT', 'DES40_CBC_SHA'],
  [0x0015, 'DHE_RSA', EXPORT_AND_DES],
  [0x0017, 'DH_anon_EXPORT', 'RC4_40_MD5'],
  [0x0018, 'DH_anon', 'RC4_128_MD5'],
  [0x0019, 'DH_anon_EXPORT', 'DES40_CBC_SHA'],
  [0x001a, 'DH_anon', EXPORT_AND_DES],
  [0x001e, 'KRB5', 'DES_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA IDEA_CBC_SHA'],
  [0x0022, 'KRB5', 'DES_CBC_MD5 3DES_EDE_CBC_MD5 RC4_128_MD5 IDEA_CBC_MD5'],
  [0x0026, 'KRB5_EXPORT', 'DES_CBC_40_SHA RC2_CBC_40_SHA RC4_40_SHA DES_CBC_40_MD5 RC2_CBC_40_MD5 RC4_40_MD5'],
  [0x002c, SHARED, 'NULL_SHA'],
  [0x002f, STATIC, 'AES_128_CBC_SHA'],
  [0x0035, STATIC, 'AES_256_CBC_SHA'],
  [0x003b, 'RSA', 'NULL_SHA256 AES_128_CBC_SHA256 AES_256_CBC_SHA256'],
  [0x003e, 'DH_DSS DH_RSA DHE_DSS', 'AES_128_CBC_SHA256'],
  [0x0041, STATIC, 'CAMELLIA_128_CBC_SHA'],
  [0x0067, 'DHE_RSA', 'AES_128_CBC_SHA256'],
  [0x0068, 'DH_DSS DH_RSA DHE_DSS DHE_RSA', 'AES_256_CBC_SHA256'],
  [0x006c, 'DH_anon', 'AES_128_CBC_SHA256 AES_256_CBC_SHA256'],
  [0x0084, STATIC, 'CAMELLIA_256_CBC_SHA'],
  [0x008a, SHARED, `RC4_128_SHA ${CBC_SHA}`],
  [0x0096, STATIC, 'SEED_CBC_SHA'],
  [0x009c, ONE_EACH, GCM],
  [0x00a8, SHARED, GCM],
  [0x00ae, SHARED, `${CBC} NULL_SHA256 NULL_SHA384`],
  [0x00ba, STATIC, 'CAMELLIA_128_CBC_SHA256'],
  [0x00c0, STATIC, 'CAMELLIA_256_CBC_SHA256'],
  [0xc001, 'ECDH_ECDSA ECDHE_ECDSA ECDH_RSA ECDHE_RSA ECDH_anon', `NULL_SHA RC4_128_SHA ${CBC_SHA}`],
  [0xc01a, 'SRP_SHA SRP_SHA_RSA SRP_SHA_DSS', '3DES_EDE_CBC_SHA'],
  [0xc01d, 'SRP_SHA SRP_SHA_RSA SRP_SHA_DSS', 'AES_128_CBC_SHA'],
  [0xc020, 'SRP_SHA SRP_SHA_RSA SRP_SHA_DSS', 'AES_256_CBC_SHA'],
  [0xc023, CURVES, CBC],
  [0xc02b, CURVES, GCM],
  [0xc033, 'ECDHE_PSK', `RC4_128_SHA ${CBC_SHA} ${CBC} NULL_SHA NULL_SHA256 NULL_SHA384`],
  [0xc03c, `${STATIC} ${CURVES}`, ARIA_CBC],
  [0xc050, `${ONE_EACH} ${CURVES}`, ARIA_GCM],
  [0xc064, SHARED, ARIA_CBC],
  [0xc06a, SHARED, ARIA_GCM],
  [0xc070, 'ECDHE_PSK', ARIA_CBC],
  [0xc072, CURVES, CAMELLIA_CBC],
  [0xc07a, `${ONE_EACH} ${CURVES}`, CAMELLIA_GCM],
  [0xc08e, SHARED, CAMELLIA_GCM],
  [0xc094, `${SHARED} ECDHE_PSK`, CAMELLIA_CBC],
  [0xc09c, 'RSA DHE_RSA', 'AES_128_CCM AES_256_CCM'],
  [0xc0a0, 'RSA DHE_RSA', 'AES_128_CCM_8 AES_256_CCM_8'],
  [0xc0a4, 'PSK DHE_PSK', 'AES_128_CCM AES_256_CCM'],
  [0xc0a8, 'PSK PSK_DHE', 'AES_128_CCM_8 AES_256_CCM_8'],
  [0xc0ac, 'ECDHE_ECDSA', 'AES_128_CCM AES_256_CCM AES_128_CCM_8 AES_256_CCM_8'],
  [0xc0b0, 'ECCPWD', `${GCM} AES_128_CCM_SHA256 AES_256_CCM_SHA384`],
  [0xc100, 'GOSTR341112_256', 'KUZNYECHIK_CTR_OMAC MAGMA_CTR_OMAC 28147_CNT_IMIT'],
  [0xc103, 'GOSTR341112_256', 'KUZNYECHIK_MGM_L MAGMA_MGM_L KUZNYECHIK_MGM_S MAGMA_MGM_S'],
  // Drafts that were deployed before RFC 7905.
  [0xcc13, 'ECDHE_RSA ECDHE_ECDSA DHE_RSA', 'CHACHA20_POLY1305_SHA256'],
  [0xcca8, 'ECDHE_RSA ECDHE_ECDSA DHE_RSA PSK ECDHE_PSK DHE_PSK RSA_PSK', 'CHACHA20_POLY1305_SHA256'],
  [0xd001, 'ECDHE_PSK', `${GCM} AES_128_CCM_8_SHA256`],
  [0xd005, 'ECDHE_PSK', 'AES_128_CCM_SHA256'],
];

/** Names that do not follow the pattern. */
const singles: Readonly<Record<number, string>> = {
  // Of Thread's commissioning; the registry has no name for it.
  0xc0ff: 'TLS_ECJPAKE_WITH_AES_128_CCM_8',
  0x00c6: 'TLS_SM4_GCM_SM3',
  0x00c7: 'TLS_SM4_CCM_SM3',
  0x00ff: 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
  0x1301: 'TLS_AES_128_GCM_SHA256',
  0x1302: 'TLS_AES_256_GCM_SHA384',
  0x1303: 'TLS_CHACHA20_POLY1305_SHA256',
  0x1304: 'TLS_AES_128_CCM_SHA256',
  0x1305: 'TLS_AES_128_CCM_8_SHA256',
  0x1306: 'TLS_AEGIS_256_SHA512',
  0x1307: 'TLS_AEGIS_128L_SHA256',
  0x5600: 'TLS_FALLBACK_SCSV',
  0xc0b4: 'TLS_SHA256_SHA256',
  0xc0b5: 'TLS_SHA384_SHA384',
};

/** The values that clients send so that servers stay tolerant (RFC 8701): 0x0a0a, 0x1a1a … 0xfafa. */
export const grease: Readonly<Record<number, string>> = Object.fromEntries(
  Array.from({ length: 16 }, (_, i) => [i * 0x1010 + 0x0a0a, 'Reserved (GREASE)']),
);

function suites(): Record<number, string> {
  const names: Record<number, string> = { ...grease, ...singles };
  for (const [first, exchanges, ciphers] of blocks) {
    let code = first;
    for (const exchange of exchanges.split(' '))
      for (const cipher of ciphers.split(' ')) names[code++] = `TLS_${exchange}_WITH_${cipher}`;
  }
  return names;
}

/** Cipher suites by their code points. */
export const cipherSuites: Readonly<Record<number, string>> = suites();
