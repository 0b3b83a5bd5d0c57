/** Numbers of NTP: RFC 5905, RFC 9327, RFC 8915 and IANA "Network Time Protocol (NTP) Parameters". */

import type { Labels } from '../core/field.js';

export const leapIndicators: Labels = {
  0: 'no warning',
  1: 'last minute of the day has 61 seconds',
  2: 'last minute of the day has 59 seconds',
  3: 'unknown (clock unsynchronized)',
};

export const versions: Labels = Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n, `NTP Version ${n}`]));

export const modes: Labels = {
  0: 'reserved',
  1: 'symmetric active',
  2: 'symmetric passive',
  3: 'client',
  4: 'server',
  5: 'broadcast',
  6: 'reserved for NTP control message',
  7: 'reserved for private use',
};

export const strata: Labels = {
  0: 'unspecified or invalid',
  1: 'primary reference',
  ...Object.fromEntries(Array.from({ length: 14 }, (_, i) => [i + 2, 'secondary reference'])),
  16: 'unsynchronized',
};

/** IANA "NTP Extension Field Types", those in use. */
export const extensionTypes: Labels = {
  0x0104: 'Unique Identifier',
  0x0204: 'NTS Cookie',
  0x0304: 'NTS Cookie Placeholder',
  0x0404: 'NTS Authenticator and Encrypted Extension Fields',
  0x0200: 'No-Operation Request',
  0x0002: 'No-Operation Request',
  0x2005: 'Checksum Complement',
};

/** RFC 9327, section 2. */
export const opcodes: Labels = {
  1: 'read status',
  2: 'read variables',
  3: 'write variables',
  4: 'read clock variables',
  5: 'write clock variables',
  6: 'set trap address/port',
  7: 'trap response',
  8: 'runtime configuration',
  9: 'export configuration',
  10: 'retrieve remote address stats',
  11: 'retrieve ordered list',
  12: 'request client-specific nonce',
  31: 'unset trap',
};

/** RFC 9327, section 3.1. */
export const clockSources: Labels = {
  0: 'unspecified or unknown',
  1: 'Calibrated atomic clock (e.g., HP 5061)',
  2: 'VLF (band 4) or LF (band 5) radio (e.g., OMEGA, WWVB)',
  3: 'HF (band 7) radio (e.g., CHU, MSF, WWV/H)',
  4: 'UHF (band 9) satellite (e.g., GOES, GPS)',
  5: 'local net (e.g., DCN, TSP, DTS)',
  6: 'UDP/NTP',
  7: 'UDP/TIME',
  8: 'eyeball-and-wristwatch',
  9: 'telephone modem (e.g., NIST)',
};

export const systemEvents: Labels = {
  0: 'unspecified',
  1: 'frequency correction (drift) file not available',
  2: 'frequency correction started (frequency stepped)',
  3: 'spike detected and ignored, starting stepout timer',
  4: 'frequency training started',
  5: 'clock synchronized',
  6: 'system restart',
  7: 'panic stop (required step greater than panic threshold)',
  8: 'no system peer',
  9: 'leap second insertion/deletion armed',
  10: 'leap second disarmed',
  11: 'leap second inserted or deleted',
  12: 'clock stepped (stepout timer expired)',
  13: 'kernel loop discipline status changed',
  14: 'leapseconds table loaded from file',
  15: 'leapseconds table outdated, updated file needed',
};

/** RFC 9327, section 3.2. */
export const peerSelections: Labels = {
  0: 'rejected',
  1: 'passed sanity checks',
  2: 'passed correctness checks',
  3: 'passed candidate checks',
  4: 'passed outlier checks',
  5: 'current synchronization source; max distance exceeded',
  6: 'current synchronization source; max distance okay',
  7: 'reserved',
};

export const peerEvents: Labels = {
  0: 'unspecified',
  1: 'association mobilized',
  2: 'association demobilized',
  3: 'peer unreachable',
  4: 'peer reachable',
  5: 'association restarted or timed out',
  6: 'no server found (ntpdate mode)',
  7: 'rate exceeded (kiss code RATE)',
  8: 'access denied (kiss code DENY)',
  9: 'leap armed from server LI code',
  10: 'became system peer',
  11: 'reference clock event',
  12: 'authentication failure',
  13: 'popcorn spike suppressor',
  14: 'entering interleaved mode',
  15: 'interleave error (recovered)',
};

/** Requests of ntpd's private mode. */
export const requestCodes: Labels = {
  0: 'PEER_LIST',
  1: 'PEER_LIST_SUM',
  2: 'PEER_INFO',
  3: 'PEER_STATS',
  4: 'SYS_INFO',
  5: 'SYS_STATS',
  6: 'IO_STATS',
  7: 'MEM_STATS',
  8: 'LOOP_INFO',
  9: 'TIMER_STATS',
  10: 'CONFIG',
  11: 'UNCONFIG',
  12: 'SET_SYS_FLAG',
  13: 'CLR_SYS_FLAG',
  16: 'GET_RESTRICT',
  17: 'RESADDFLAGS',
  18: 'RESSUBFLAGS',
  19: 'UNRESTRICT',
  20: 'MON_GETLIST',
  21: 'RESET_STATS',
  22: 'RESET_PEER',
  23: 'REREAD_KEYS',
  26: 'TRUSTKEY',
  27: 'UNTRUSTKEY',
  28: 'AUTHINFO',
  29: 'TRAPS',
  30: 'ADD_TRAP',
  31: 'CLR_TRAP',
  32: 'REQUEST_KEY',
  33: 'CONTROL_KEY',
  34: 'GET_CTLSTATS',
  36: 'GET_CLOCKINFO',
  37: 'SET_CLKFUDGE',
  38: 'GET_KERNEL',
  39: 'GET_CLKBUGINFO',
  42: 'MON_GETLIST_1',
  43: 'HOSTNAME_ASSOCID',
};
