/** The bits of the octets that a field shares with others: those that are its own are lit. */

import { text } from '../../text';
import { selectNode } from './detail-state';
import { innermost, isBits, octetsOf, type TreeNode } from './model';
import { hiddenOctets, titleOf, wordsOf } from './show';
import type { Shown } from './use-detail';

const words = text.detail;
/** Octets of which bits are shown. */
const WIDEST = 4;

interface Props {
  readonly shown: Shown;
  readonly node: TreeNode;
  readonly bytes: Uint8Array;
}

export function BitView({ shown, node, bytes }: Props) {
  const { from, to } = octetsOf(node);
  if (!isBits(node) || to - from > WIDEST || to > bytes.length) return null;
  if (hiddenOctets(shown.tree, node.source).some((range) => range.from < to && from < range.to)) return null;
  const octets = Array.from(bytes.subarray(from, to), (octet, at) => ({ octet, at: from + at }));
  return (
    <div className="bit-view" role="group" aria-label={words.hex.bits(from, to - 1)}>
      {octets.map(({ octet, at }) => (
        <span key={at} className="bit-octet">
          {Array.from({ length: 8 }, (_, bit) => {
            const place = at * 8 + bit;
            const value = (octet >> (7 - bit)) & 1;
            const its = innermost(shown.tree, node.source, place);
            return (
              <button
                type="button"
                key={place}
                className="bit"
                tabIndex={-1}
                data-lit={place >= node.from && place < node.to}
                aria-label={words.hex.bit(bit, value)}
                title={its === undefined ? undefined : titleOf(its)}
                onClick={() => its !== undefined && selectNode(its)}
              >
                {value}
              </button>
            );
          })}
        </span>
      ))}
      <span className="bit-words">{words.drawing.cell(titleOf(node), wordsOf(node))}</span>
    </div>
  );
}
