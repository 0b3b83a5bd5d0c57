/** The byte-order lens: what the selected octets are worth from either end, and which of it the network means. */

import { plain } from '../../parts/plain';
import { text } from '../../text';
import { usePointed } from './detail-state';
import { hexOf, type Reading, readingOf, WIDEST } from './lens';
import './lens-pane.css';
import { isBits, octetsOf, type TreeNode } from './model';
import { hiddenOctets, titleOf } from './show';
import { type Shown, useSelected, useSource } from './use-detail';

const words = text.detail;
const order = words.order;

export function LensPane({ shown }: { readonly shown: Shown }) {
  const source = useSource(shown);
  const selected = useSelected(shown.tree);
  const chosen = usePointed((pointed) => pointed.octets);
  const { bytes } = shown.octets[source + 1];
  const node = chosen === null && selected?.source === source && selected.to > selected.from ? selected : undefined;
  const range = chosen ?? (node === undefined ? undefined : octetsOf(node));
  const octets = range === undefined ? undefined : bytes.subarray(range.from, range.to);
  const isHidden =
    range !== undefined && hiddenOctets(shown.tree, source).some(({ from, to }) => from < range.to && range.from < to);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach what is below its edge
    <section className="lens" aria-label={words.lens} tabIndex={0}>
      <h3 className="pane-title">{words.lens}</h3>
      {octets === undefined || octets.length === 0 ? (
        <p className="lens-note">{order.choose}</p>
      ) : isHidden ? (
        <p className="lens-note">{order.hidden}</p>
      ) : octets.length > WIDEST ? (
        <p className="lens-note">{order.tooMany(octets.length)}</p>
      ) : (
        <Reader octets={octets} node={node} />
      )}
    </section>
  );
}

function Reader({ octets, node }: { readonly octets: Uint8Array; readonly node: TreeNode | undefined }) {
  const reading = readingOf(octets);
  const hex = Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(' ');
  return (
    <>
      <p className="lens-chosen">
        {order.chosen(node === undefined ? order.plain(octets.length) : titleOf(node), hex)}
      </p>
      {sentences(reading, octets.length, node).map((sentence) => (
        <p className="lens-note" key={sentence}>
          {sentence}
        </p>
      ))}
      <table className="lens-table">
        <tbody>
          <Numbers title={order.big} note={order.network} octets={octets.length} {...reading.big} />
          {octets.length > 1 && (
            <Numbers title={order.little} note={order.host} octets={octets.length} {...reading.little} />
          )}
          <Line title={order.binary} value={reading.binary.join(' ')} />
          <Line title={order.ascii} value={plain(reading.ascii)} />
          {reading.ipv4 !== undefined && <Line title={order.ipv4} value={reading.ipv4} />}
        </tbody>
      </table>
    </>
  );
}

function Line({ title, value }: { readonly title: string; readonly value: string }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>{value}</td>
    </tr>
  );
}

type NumbersProps = Reading['big'] & { readonly title: string; readonly note: string; readonly octets: number };

function Numbers({ title, note, octets, unsigned, signed }: NumbersProps) {
  return (
    <tr>
      <th scope="row" title={note}>
        {title}
      </th>
      <td>
        {String(unsigned)} <span className="lens-quiet">{hexOf(unsigned, octets)}</span>
        {signed !== unsigned && (
          <>
            {' '}
            <span className="lens-quiet">{order.signed}</span> {String(signed)}
          </>
        )}
      </td>
    </tr>
  );
}

function sentences(reading: Reading, octets: number, node: TreeNode | undefined): readonly string[] {
  const found: string[] = [];
  if (octets === 1) found.push(order.one);
  else found.push(meaning(reading, node));
  if (node !== undefined && isBits(node)) {
    const start = octetsOf(node).from * 8;
    found.push(order.bitsOnly(titleOf(node), node.from - start, node.to - start - 1));
  }
  if (reading.swap !== undefined) {
    const [big, little] = [String(reading.big.unsigned), String(reading.little.unsigned)];
    found.push(order.swapped(reading.swap, hexOf(reading.big.unsigned, octets).slice(2), little, big));
  }
  return found;
}

/** Which order is meant: the field's own value tells, where it is a number. */
function meaning({ big, little }: Reading, node: TreeNode | undefined): string {
  const value = node?.field?.value;
  if (node !== undefined && !isBits(node) && (typeof value === 'number' || /^-?\d+$/.test(String(value)))) {
    const number = String(value);
    const isBig = number === String(big.unsigned) || number === String(big.signed);
    const isLittle = number === String(little.unsigned) || number === String(little.signed);
    if (isBig && isLittle) return order.same;
    if (isBig) return order.meansBig(titleOf(node), number);
    if (isLittle) return order.meansLittle(titleOf(node), number);
  }
  return order.general;
}
