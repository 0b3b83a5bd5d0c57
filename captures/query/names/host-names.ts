/**
 * Host names of addresses, from the DNS answers in the capture itself: what the machines of the capture were told, not
 * what a resolver would say today. Found as the capture grows.
 */

import { type FieldNode, findField, type LayerNode } from '../../../decoders/core/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import type { CaptureReader } from '../capture-reader.js';
import { StoredSession } from '../sessions/stored-session.js';

export interface HostName {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** The newest last; what was asked for, where an alias stood between. */
  readonly names: readonly string[];
  /** Number of the packet that told the first of them. */
  readonly packet: number;
}

/** Addresses that are kept; what comes beyond has no name. */
const MAXIMUM_ADDRESSES = 100_000;
const NAMES_EACH = 8;
/** Answers that one step reads. */
const STEP = 500;

const PROTOCOLS = ['dns', 'mdns', 'llmnr'].map((name) => registry.idOf(name)).join(', ');

export class HostNames {
  private readonly byAddress = new Map<string, { names: string[]; packet: number }>();
  private scannedTo = 0;

  constructor(private readonly reader: CaptureReader) {}

  /** Reads some more answers. Returns whether there are more. */
  step(): boolean {
    const { reader } = this;
    const last = reader.lastNumber;
    if (this.scannedTo >= last) return false;
    const refs = reader.refs(
      `p.protocol IN (${PROTOCOLS}) AND p.number BETWEEN ? AND ?`,
      [this.scannedTo + 1, last],
      STEP,
    );
    const session = new StoredSession(reader);
    for (const ref of refs) {
      for (const layer of session.dissect(ref)?.layers ?? []) this.read(layer, ref.number);
    }
    this.scannedTo = refs.length < STEP ? last : refs[refs.length - 1].number;
    return this.scannedTo < last;
  }

  /** Reads what is new, for at most so long. */
  async update(milliseconds: number, pause: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + milliseconds;
    while (this.step() && performance.now() < deadline) await pause();
  }

  /** The newest name of an address; null when no answer told one. */
  of(address: string): string | null {
    return this.byAddress.get(address)?.names.at(-1) ?? null;
  }

  all(): HostName[] {
    return [...this.byAddress].map(([address, { names, packet }]) => ({ address, names: [...names], packet }));
  }

  private read(layer: LayerNode, packet: number): void {
    const { protocol, fields } = layer;
    if (protocol !== 'dns' && protocol !== 'mdns' && protocol !== 'llmnr') return;
    const asked = findField(fields, 'dns.qry.name')?.text;
    for (const section of fields) {
      // Of unasked records, and of those about other hosts than the one that was asked for, the name is their own.
      const own = protocol === 'mdns' || !section.name.endsWith('.answers');
      let named: string | undefined;
      visit(section.fields ?? [], ({ name, text }) => {
        if (name === 'dns.resp.name') named = text;
        else if (name === 'dns.a' || name === 'dns.aaaa') this.add(text, own ? named : (asked ?? named), packet);
      });
    }
  }

  private add(address: string, name: string | undefined, packet: number): void {
    if (name === undefined || name === '' || name === '<Root>') return;
    const known = this.byAddress.get(address);
    if (known === undefined) {
      if (this.byAddress.size < MAXIMUM_ADDRESSES) this.byAddress.set(address, { names: [name], packet });
      return;
    }
    const place = known.names.indexOf(name);
    if (place >= 0) known.names.splice(place, 1);
    else if (known.names.length >= NAMES_EACH) known.names.shift();
    known.names.push(name);
  }
}

function visit(fields: readonly FieldNode[], see: (field: FieldNode) => void): void {
  for (const field of fields) {
    see(field);
    if (field.fields !== undefined) visit(field.fields, see);
  }
}
