/** The time of day more finely than `Date.now()` tells it: a mark must stand between two packets, not just near them. */

/** Milliseconds between `performance.now()` and the time of day. */
let offset = performance.timeOrigin;

/** Nanoseconds since 1970, right to about a microsecond once it has been asked a few times. */
export function nowNanoseconds(): bigint {
  const floor = Date.now();
  let now = performance.now() + offset;
  // Date.now() is the time of day without its fraction: what lies outside of it has drifted, and is put right.
  if (now < floor) {
    offset += floor - now;
    now = floor;
  } else if (now >= floor + 1) {
    offset -= now - (floor + 0.999);
    now = floor + 0.999;
  }
  return BigInt(Math.floor(now * 1000)) * 1000n;
}
