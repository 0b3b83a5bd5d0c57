/** What a filter means, with every name and literal resolved: the form that the predicate and the SQL are made from. */

import type { Quantifier } from './ast.js';
import type { Reference, RuntimeValue } from './fields.js';
import type { Layers } from './layers.js';
import type { Literal } from './literal.js';
import type { FilterPacket } from './packet.js';

export type Order = 'eq' | 'lt' | 'le' | 'gt' | 'ge';

/** One thing that a field's value may be: in an order to a literal, or between two. */
export type Bound =
  | { readonly order: Order; readonly literal: Literal }
  | { readonly order: 'between'; readonly from: RuntimeValue; readonly to: RuntimeValue };

export type Test = (packet: FilterPacket, layers: Layers) => boolean;

export type Condition =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or' | 'xor'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  /** The field or protocol is there. */
  | { readonly kind: 'present'; readonly reference: Reference }
  /**
   * A plain field against literals: any (or all, and at least one) of its occurrences meets one of the bounds, or with
   * `negated` none of them.
   */
  | {
      readonly kind: 'match';
      readonly reference: Reference;
      readonly quantifier: Quantifier;
      readonly bounds: readonly Bound[];
      readonly negated: boolean;
    }
  /** Everything else. It can only be true for packets in which every one of `needs` is there. */
  | {
      readonly kind: 'general';
      readonly needs: readonly Reference[];
      readonly test: Test;
      /** Of a search in a plain field: the text that it must contain. */
      readonly text?: readonly string[];
    };
