/** The selected layer's header, drawn as its RFC draws it, with this packet's values in the cells. */

import { type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { saveSvg } from '../../parts/save-picture';
import { text } from '../../text';
import { hoverNode, selectNode, usePointed } from './detail-state';
import type { TreeNode } from './model';
import { type Cell, labelPlace, outline, type Picture, pictureOf, ROW_BITS } from './picture';
import './picture-pane.css';
import { isHidden, titleOf, wordsOf } from './show';
import { type Shown, useSelected } from './use-detail';

const words = text.detail;
const drawing = words.drawing;

/** In units of the picture. */
const BIT = 22;
const LEFT = 40;
const TOP = 20;
const WIDTH = LEFT + ROW_BITS * BIT + 4;
const LETTER = 7;
/** CSS pixels that the drawing takes at most. */
const WIDEST = 1250;

/** Heights of a row: with the value below the name, and beside it where there is less room. */
const TWO_LINES = 30;
const ONE_LINE = 23;

interface Drawn extends TreeNode {
  readonly generated: boolean;
  readonly children: readonly Drawn[];
}

const drawn = (nodes: readonly TreeNode[]): readonly Drawn[] =>
  nodes.map((node) => ({ ...node, generated: node.field?.generated ?? false, children: drawn(node.children) }));

/** The layer that is drawn: that of the selected node, else the last one that carries another or is carried whole. */
function layerOf(tree: readonly TreeNode[], selected: TreeNode | undefined): TreeNode | undefined {
  const its = tree.find((node) => node.layer === selected?.layer);
  if (its !== undefined && its.to > its.from && its.layer.protocol !== 'frame') return its;
  const headers = tree.filter((node) => node.to > node.from && node.layer.protocol !== 'frame');
  return headers.findLast((node) => node.to - node.from <= 60 * 8) ?? headers[0];
}

export function PicturePane({ shown }: { readonly shown: Shown }) {
  const { tree, detail } = shown;
  const selected = useSelected(tree);
  const layer = layerOf(tree, selected);
  const svg = useRef<SVGSVGElement>(null);
  const headers = tree.filter((node) => node.to > node.from && node.layer.protocol !== 'frame');
  const picture = useMemo(
    () => (layer === undefined ? undefined : pictureOf(drawn(layer.children), layer.from, layer.to)),
    [layer],
  );
  const box = useRef<HTMLDivElement>(null);
  const row = useRowHeight(box, picture?.rows ?? 0);
  return (
    <section className="picture" aria-label={words.picture}>
      <div className="pane-head">
        <div role="toolbar" aria-label={drawing.layers} className="pane-chips">
          {headers.map((node) => (
            <button type="button" key={node.key} aria-pressed={node === layer} onClick={() => selectNode(node)}>
              {titleOf(node)}
            </button>
          ))}
        </div>
        {layer !== undefined && (
          <button
            type="button"
            className="small"
            onClick={() => {
              if (svg.current !== null) saveSvg(svg.current, drawing.file(layer.layer.protocol, detail.number));
            }}
          >
            {drawing.save}
          </button>
        )}
      </div>
      {layer === undefined || picture === undefined || picture.cells.length === 0 ? (
        <p className="pane-note">{drawing.none(layer === undefined ? '' : titleOf(layer))}</p>
      ) : (
        <div ref={box} className="picture-scroll">
          <Drawing layer={layer} picture={picture} selected={selected} svg={svg} row={row} />
          {picture.left > 0 && <p className="pane-note">{drawing.left(Math.ceil(picture.left / 8))}</p>}
        </div>
      )}
    </section>
  );
}

/** Two lines a row where that fits the pane, else one. */
function useRowHeight(box: RefObject<HTMLElement | null>, rows: number): number {
  const [row, setRow] = useState(TWO_LINES);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const scale = Math.max(1, Math.min(element.clientWidth / WIDTH, WIDEST / WIDTH));
      setRow(scale * (TOP + rows * TWO_LINES) + 10 <= element.clientHeight ? TWO_LINES : ONE_LINE);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, rows]);
  return row;
}

interface DrawingProps {
  /** Units of a row's height. */
  readonly row: number;
  readonly layer: TreeNode;
  readonly picture: Picture<Drawn>;
  readonly selected: TreeNode | undefined;
  readonly svg: React.RefObject<SVGSVGElement | null>;
}

function Drawing({ layer, picture, selected, svg, row }: DrawingProps) {
  const hover = usePointed((pointed) => pointed.hover);
  const named = picture.cells.filter(({ part }) => part !== undefined);
  const inside = (node: TreeNode | null | undefined, part: Drawn) =>
    node !== null &&
    node !== undefined &&
    node.source === part.source &&
    node.field !== undefined &&
    node.to > node.from &&
    (node.key === part.key || (node.from <= part.from && part.to <= node.to) || node.key.startsWith(`${part.key}/`));
  const at = named.findIndex(({ part }) => part !== undefined && inside(selected, part));

  const go = (to: number) => {
    const part = named[Math.min(named.length - 1, Math.max(0, to))]?.part;
    if (part !== undefined) selectNode(part);
  };
  // Only this pane is scrolled: the cell is selected by somebody who looks elsewhere.
  useEffect(() => {
    const cell = at < 0 ? undefined : document.getElementById(`cell-${at}`)?.getBoundingClientRect();
    const pane = svg.current?.closest('.picture-scroll');
    if (cell === undefined || pane === null || pane === undefined) return;
    const box = pane.getBoundingClientRect();
    if (cell.bottom > box.bottom) pane.scrollTop += cell.bottom - box.bottom + 4;
    else if (cell.top < box.top) pane.scrollTop -= box.top - cell.top + 4;
  }, [at, svg]);

  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: beside(named, at, 1),
      ArrowUp: beside(named, at, -1),
      Home: 0,
      End: named.length - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    go(to);
  };

  return (
    <div
      className="picture-box"
      role="listbox"
      aria-label={drawing.of(titleOf(layer))}
      aria-activedescendant={at >= 0 ? `cell-${at}` : undefined}
      tabIndex={0}
      onKeyDown={key}
      onPointerLeave={() => hoverNode(null)}
      onFocus={() => at < 0 && go(0)}
    >
      <svg
        ref={svg}
        className="picture-drawing"
        viewBox={`0 0 ${WIDTH} ${TOP + picture.rows * row + 2}`}
        role="presentation"
      >
        <g className="picture-ruler">
          {Array.from({ length: ROW_BITS }, (_, bit) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a bit's number is its name
            <text key={bit} x={LEFT + (bit + 0.5) * BIT} y={TOP - 7} textAnchor="middle" data-strong={bit % 8 === 0}>
              {bit}
            </text>
          ))}
          {picture.offsets.map((offset, line) => (
            <text key={offset} x={LEFT - 7} y={TOP + (line + 0.5) * row + 4} textAnchor="end">
              {offset}
            </text>
          ))}
        </g>
        {picture.cells.map((cell) => {
          const { part } = cell;
          return (
            <DrawnCell
              key={`${cell.row}.${cell.column}`}
              cell={cell}
              row={row}
              id={`cell-${named.indexOf(cell)}`}
              selected={part !== undefined && named.indexOf(cell) === at}
              lit={part !== undefined && inside(selected, part)}
              hovered={part !== undefined && inside(hover, part)}
            />
          );
        })}
      </svg>
    </div>
  );
}

interface DrawnCellProps {
  readonly cell: Cell<Drawn>;
  readonly row: number;
  readonly id: string;
  readonly selected: boolean;
  readonly lit: boolean;
  readonly hovered: boolean;
}

function DrawnCell({ cell, row, id, selected, lit, hovered }: DrawnCellProps) {
  const { part } = cell;
  const points = outline(cell)
    .map(([bit, line]) => `${LEFT + bit * BIT},${TOP + line * row}`)
    .join(' ');
  if (part === undefined)
    return (
      <g className="picture-cell" data-empty="true">
        <title>{drawing.unnamed}</title>
        <polygon points={points} />
      </g>
    );
  const name = drawing.cell(titleOf(part), wordsOf(part));
  return (
    <g
      role="option"
      id={id}
      aria-selected={selected}
      className="picture-cell"
      data-lit={lit}
      data-hover={hovered}
      onClick={() => selectNode(part)}
      onPointerEnter={() => hoverNode(part)}
    >
      <title>{name}</title>
      <polygon points={points} />
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in a drawing has the focus; the title says it all */}
      <g aria-hidden="true">
        <Label cell={cell} row={row} />
      </g>
    </g>
  );
}

/** The cell a row above or below, at about the same bits. */
function beside(cells: readonly Cell<Drawn>[], at: number, step: 1 | -1): number {
  const from = cells[at];
  if (from === undefined) return 0;
  const row = step === 1 ? from.lastRow + 1 : from.row - 1;
  const middle = (labelPlace(from).from + labelPlace(from).to) / 2;
  const found = cells.findIndex(
    (cell) =>
      (cell.row < row || (cell.row === row && cell.column <= middle)) &&
      (cell.lastRow > row || (cell.lastRow === row && cell.lastColumn + 1 > middle)),
  );
  return found < 0 ? at : found;
}

function Label({ cell, row }: { readonly cell: Cell<Drawn>; readonly row: number }) {
  const { part } = cell;
  const place = labelPlace(cell);
  const wide = (place.to - place.from) * BIT;
  const x = LEFT + ((place.from + place.to) / 2) * BIT;
  const y = TOP + (place.row + place.rows / 2) * row;
  if (part === undefined) return null;
  const title = titleOf(part);
  const value = wordsOf(part);
  const fits = Math.floor((wide - 6) / LETTER);
  const twoLines = row >= TWO_LINES;
  // A few bits: what is in them, and the name's first letters.
  const narrow = fits < 5;
  const first = narrow ? shortOf(part, fits) : cut(title, fits);
  const second = narrow ? bitsOf(part) : cut(value, fits);
  const torn = cell.torn ? ` (${drawing.torn((part.to - part.from) / 8)})` : '';
  const room = fits - title.length - torn.length - 2;
  if (twoLines || narrow || room < 3)
    return (
      <g data-small={!twoLines}>
        <text className="picture-title" x={x} y={y - (twoLines ? 3 : 2)} textAnchor="middle">
          {first.length + torn.length > fits ? first : first + torn}
        </text>
        <text className="picture-value" x={x} y={y + (twoLines ? 10 : 8)} textAnchor="middle">
          {second}
        </text>
      </g>
    );
  return (
    <text className="picture-title" x={x} y={y + 4} textAnchor="middle">
      {title + torn}
      <tspan className="picture-value" dx={6}>
        {cut(value, room)}
      </tspan>
    </text>
  );
}

const cut = (words: string, letters: number): string =>
  words.length <= letters ? words : `${words.slice(0, Math.max(1, letters - 1))}…`;

/** `tcp.flags.syn` → SYN, as RFCs write control bits. */
function shortOf({ field, layer }: TreeNode, letters: number): string {
  const last = (field?.name ?? layer.protocol).split('.').at(-1) ?? '';
  const known = KNOWN[last] ?? last.toUpperCase();
  return known.slice(0, Math.max(3, letters));
}

/** Where RFCs write something else than Wireshark's names begin with. */
const KNOWN: Readonly<Record<string, string>> = { push: 'PSH', reset: 'RST', version: 'Ver', hdr_len: 'IHL', rb: '0' };

function bitsOf(node: TreeNode): string {
  if (isHidden(node)) return '▒';
  const value = node.field?.value;
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'number' ? String(value) : '';
}
