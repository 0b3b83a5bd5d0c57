/** Who talks with whom, by which protocol, and in how many packets: decided before the first packet is made. */

import { Random } from './random.js';

export const Kind = { tcp: 0, udp: 1, dns: 2 } as const;

/** Packets of a TCP connection at least: handshake, one request, its answer, and the end. */
export const LEAST_TCP = 9;
const DNS_PACKETS = 2;
const TCP_PORTS = [443, 443, 443, 443, 443, 80, 80, 22, 8080, 5432];
const UDP_PORTS = [443, 443, 443, 3478, 5004, 51820];

export interface FlowPlan {
  readonly count: number;
  readonly kind: Uint8Array;
  /** 4 or 6 */
  readonly version: Uint8Array;
  /** Host part of the addresses: two words a flow; `addresses.ts` makes addresses of them. */
  readonly client: Uint32Array;
  readonly server: Uint32Array;
  readonly clientPort: Uint16Array;
  readonly serverPort: Uint16Array;
  readonly packets: Uint32Array;
}

/**
 * Plans `flows` flows with `packets` packets altogether: half TCP, a fifth UDP, the rest DNS; a quarter over IPv6. A few
 * flows have most of the packets, as on any real link.
 *
 * @throws RangeError when there are too few packets for the flows
 */
export function planFlows(flows: number, packets: number): FlowPlan {
  const random = new Random(0x51a55e5);
  const plan: FlowPlan = {
    count: flows,
    kind: new Uint8Array(flows),
    version: new Uint8Array(flows),
    client: new Uint32Array(flows),
    server: new Uint32Array(flows),
    clientPort: new Uint16Array(flows),
    serverPort: new Uint16Array(flows),
    packets: new Uint32Array(flows),
  };
  for (let flow = 0; flow < flows; flow++) {
    const share = flow === 0 ? 0 : random.below(10);
    const kind = share < 5 ? Kind.tcp : share < 7 ? Kind.udp : Kind.dns;
    plan.kind[flow] = kind;
    plan.version[flow] = random.below(4) === 0 ? 6 : 4;
    plan.client[flow] = random.word();
    plan.server[flow] = random.below(4000);
    // A port is used once for each address and server: every flow is another 5-tuple.
    plan.clientPort[flow] = 1024 + random.below(64000);
    plan.serverPort[flow] =
      kind === Kind.dns ? 53 : kind === Kind.tcp ? TCP_PORTS[random.below(10)] : UDP_PORTS[random.below(6)];
    plan.packets[flow] = kind === Kind.dns ? DNS_PACKETS : kind === Kind.tcp ? LEAST_TCP : 1;
  }
  share(plan, packets, random);
  return plan;
}

/** Gives the packets that no flow needs to the TCP and UDP flows, by weights with a long tail. */
function share(plan: FlowPlan, packets: number, random: Random): void {
  const least = plan.packets.reduce((sum, value) => sum + value, 0);
  if (least > packets) throw new RangeError(`${plan.count} flows need at least ${least} packets`);
  const weights = new Float64Array(plan.count);
  let total = 0;
  for (let flow = 0; flow < plan.count; flow++) {
    if (plan.kind[flow] === Kind.dns) continue;
    weights[flow] = Math.min(50, 1 / Math.sqrt(random.fraction() + 1e-4)) + 0.1;
    total += weights[flow];
  }
  let left = packets - least;
  for (let flow = 0; flow < plan.count; flow++) {
    const more = Math.floor(((packets - least) * weights[flow]) / total);
    plan.packets[flow] += more;
    left -= more;
  }
  plan.packets[0] += left;
}
