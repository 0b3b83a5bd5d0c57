/** How fast a capture grows, from its counters alone. */

import type { CaptureRecord } from '../captures/store/capture-file.js';

/** Milliseconds over which a rate is taken. */
const SPAN = 1000;

interface Reading {
  readonly at: number;
  readonly packets: number;
  readonly bytes: number;
}

export class Rates {
  private readings: Reading[] = [];

  /** Whether the last rate was above 0: somebody should look again, for nothing happening makes no event. */
  moving = false;

  /** Packets and octets a second over the last second or so. */
  of({ packets, bytes }: CaptureRecord, at = performance.now()): { packetsPerSecond: number; bytesPerSecond: number } {
    const { readings } = this;
    readings.push({ at, packets, bytes });
    // The oldest reading that is kept is the last one from before the span.
    while (readings.length > 2 && readings[1].at <= at - SPAN) readings.shift();
    const from = readings[0];
    const seconds = Math.max(at - from.at, INTERVAL) / 1000;
    this.moving = packets > from.packets;
    return {
      packetsPerSecond: Math.round((packets - from.packets) / seconds),
      bytesPerSecond: Math.round((bytes - from.bytes) / seconds),
    };
  }
}

/** Shorter than this, a rate says nothing. */
const INTERVAL = 100;
