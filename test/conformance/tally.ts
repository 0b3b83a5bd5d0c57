/** What a comparison with tshark found, by field. */

/** One value that differs. */
export interface Difference {
  readonly file: string;
  /** 1-based number of the packet in the file. */
  readonly packet: number;
  readonly ours: string;
  readonly theirs: string;
}

export interface FieldTally {
  readonly protocol: string;
  readonly field: string;
  compared: number;
  equal: number;
  /** Of those that differ: tshark has a value and netglass none. */
  missing: number;
  /** Files that have a difference. */
  readonly files: Set<string>;
  /** The first differences, at most one a file. */
  readonly examples: Difference[];
}

/** Pseudo-field: whether the names of the layers, up to the first that is not declared here, are the same. */
export const LAYERS = '(layers)';

const MAXIMUM_EXAMPLES = 100;

export class Tallies {
  readonly fields = new Map<string, FieldTally>();
  /** Packets by protocol, as tshark finds it below nothing that is not declared here. */
  readonly packets = new Map<string, number>();
  /** Packets whose decoding threw, which must be none. */
  readonly failures: string[] = [];
  total = 0;
  slowest = { milliseconds: 0, where: '' };

  sawProtocols(names: ReadonlySet<string>): void {
    for (const name of names) this.packets.set(name, (this.packets.get(name) ?? 0) + 1);
  }

  took(milliseconds: number, where: string): void {
    if (milliseconds > this.slowest.milliseconds) this.slowest = { milliseconds, where };
  }

  count(protocol: string, field: string, equal: boolean, difference: () => Difference): void {
    let tally = this.fields.get(field);
    if (tally === undefined) {
      tally = { protocol, field, compared: 0, equal: 0, missing: 0, files: new Set(), examples: [] };
      this.fields.set(field, tally);
    }
    tally.compared++;
    if (equal) {
      tally.equal++;
      return;
    }
    const found = difference();
    if (found.ours === '') tally.missing++;
    if (tally.examples.length < MAXIMUM_EXAMPLES && !tally.files.has(found.file)) tally.examples.push(found);
    tally.files.add(found.file);
  }

  /** The fields' sums by protocol, sorted by name. */
  byProtocol(): Map<string, { compared: number; equal: number; missing: number }> {
    const sums = new Map<string, { compared: number; equal: number; missing: number }>();
    for (const { protocol, compared, equal, missing } of this.fields.values()) {
      const sum = sums.get(protocol) ?? { compared: 0, equal: 0, missing: 0 };
      sum.compared += compared;
      sum.equal += equal;
      sum.missing += missing;
      sums.set(protocol, sum);
    }
    return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
