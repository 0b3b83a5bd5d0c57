/** The octets: offset, hexadecimal, characters; and the bits of a field that is smaller than an octet. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { useSettings } from '../../state/settings';
import { text } from '../../text';
import { BitView } from './bit-view';
import './bytes-pane.css';
import { hoverNode, type Range, selectBit, showSource, usePointed } from './detail-state';
import { asciiOf } from './lens';
import { innermost, octetsOf, type TreeNode } from './model';
import { hiddenOctets } from './show';
import { type Shown, useSelected, useSource } from './use-detail';

const words = text.detail;
/** Letters of room that sixteen octets a row need. */
const WIDE_LETTERS = 63.5;

interface Props {
  readonly shown: Shown;
}

export function BytesPane({ shown }: Props) {
  const source = useSource(shown);
  const { bytes } = shown.octets[source + 1];
  const selected = useSelected(shown.tree);
  return (
    <section className="bytes" aria-label={words.bytes}>
      <Sources shown={shown} source={source} />
      {bytes.length === 0 ? (
        <p className="pane-note">{words.hex.nothing}</p>
      ) : (
        <Rows key={source} shown={shown} source={source} bytes={bytes} />
      )}
      {selected !== undefined && selected.source === source && <BitView shown={shown} node={selected} bytes={bytes} />}
    </section>
  );
}

function Sources({ shown, source }: Props & { readonly source: number }) {
  const { octets, detail } = shown;
  if (octets.length === 1) {
    if (detail.capturedLength >= detail.length) return null;
    return <p className="pane-note">{words.hex.cut(detail.capturedLength, detail.length)}</p>;
  }
  return (
    <div role="toolbar" aria-label={words.sources.label} className="pane-chips">
      {octets.map(({ name, bytes }, at) => (
        <button
          type="button"
          // biome-ignore lint/suspicious/noArrayIndexKey: two messages of one packet may have the same name
          key={at}
          aria-pressed={at - 1 === source}
          onClick={() => showSource(at - 1)}
        >
          {name === undefined ? words.sources.packet(bytes.length) : words.sources.other(name, bytes.length)}
        </button>
      ))}
    </div>
  );
}

const within = (at: number, range: Range | undefined): boolean =>
  range !== undefined && at >= range.from && at < range.to;

interface RowsProps extends Props {
  readonly source: number;
  readonly bytes: Uint8Array;
}

function Rows({ shown, source, bytes }: RowsProps) {
  const { tree } = shown;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(16);
  const large = useSettings((settings) => settings.large);
  const height = large ? 30 : 20;
  const selected = useSelected(tree);
  const { hover, octets, cursor } = usePointed();
  const here = (node: TreeNode | null | undefined): Range | undefined =>
    node === null || node === undefined || node.source !== source || node.to === node.from ? undefined : octetsOf(node);
  const lit = octets ?? here(selected);
  const layer = selected === undefined ? undefined : here(tree.find((node) => node.layer === selected.layer));
  const hovered = here(hover);
  const secret = hiddenOctets(tree, source);
  const isSecret = (octet: number) => secret.some((range) => within(octet, range));
  const dragging = useRef(false);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const letter = Number.parseFloat(getComputedStyle(element).fontSize) * 0.61;
      setWidth(element.clientWidth / letter >= WIDE_LETTERS ? 16 : 8);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const virtual = useVirtualizer({
    count: Math.ceil(bytes.length / width),
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 8,
  });
  useEffect(() => {
    if (height > 0) virtual.measure();
  }, [virtual, height]);
  const from = octets === null ? lit?.from : cursor;
  useEffect(() => {
    if (from !== undefined) virtual.scrollToIndex(Math.floor(from / width), { align: 'auto' });
  }, [from, width, virtual]);

  /** The bit at a place of the pointer: the left digit of an octet is its first four bits. */
  const bitAt = (event: PointerEvent): number | undefined => {
    const element = (event.target as Element).closest<HTMLElement>('[data-octet]');
    if (element === null) return undefined;
    const octet = Number(element.dataset['octet']);
    const { left, width: wide } = element.getBoundingClientRect();
    return octet * 8 + (element.dataset['hex'] !== undefined && event.clientX > left + wide / 2 ? 4 : 0);
  };

  const point = (event: PointerEvent) => {
    const bit = bitAt(event);
    if (bit === undefined) return;
    if (dragging.current && (event.buttons & 1) === 1) selectBit(tree, bit, true);
    else hoverNode(innermost(tree, source, bit) ?? null);
  };

  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / height) - 1) * width;
    const row = cursor - (cursor % width);
    const moves: Record<string, number> = {
      ArrowRight: cursor + 1,
      ArrowLeft: cursor - 1,
      ArrowDown: cursor + width,
      ArrowUp: cursor - width,
      PageDown: cursor + page,
      PageUp: cursor - page,
      Home: row,
      End: row + width - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    selectBit(tree, Math.min(bytes.length - 1, Math.max(0, to)) * 8, event.shiftKey);
  };

  return (
    <div
      ref={box}
      className="hex"
      role="grid"
      aria-label={words.hex.grid}
      aria-rowcount={Math.ceil(bytes.length / width)}
      aria-colcount={width + 1}
      aria-activedescendant={cursor < bytes.length ? `octet-${cursor}` : undefined}
      tabIndex={0}
      onKeyDown={key}
      onPointerMove={point}
      onPointerLeave={() => hoverNode(null)}
      onPointerDown={(event) => {
        const bit = bitAt(event);
        if (bit === undefined || event.button !== 0) return;
        dragging.current = true;
        selectBit(tree, bit, event.shiftKey);
      }}
      onPointerUp={() => {
        dragging.current = false;
      }}
    >
      <div role="presentation" className="hex-rows" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, key: name }) => {
          const first = index * width;
          const part = Array.from(bytes.subarray(first, first + width));
          const state = (octet: number) => ({
            'data-octet': octet,
            'data-lit': within(octet, lit),
            'data-hover': within(octet, hovered),
            'data-layer': within(octet, layer),
          });
          return (
            <div
              role="row"
              aria-rowindex={index + 1}
              key={name}
              className="hex-row"
              style={{ transform: `translateY(${start}px)`, height }}
            >
              <span role="rowheader" className="hex-offset">
                {first.toString(16).padStart(4, '0')}
              </span>
              {part.map((octet, at) => {
                const place = first + at;
                const hex = isSecret(place) ? '▒▒' : octet.toString(16).padStart(2, '0');
                return (
                  <span
                    role="gridcell"
                    key={place}
                    id={`octet-${place}`}
                    className="hex-octet"
                    data-hex=""
                    data-gap={at === 8}
                    aria-selected={within(place, lit)}
                    {...state(place)}
                  >
                    {hex}
                  </span>
                );
              })}
              <span
                className="hex-ascii"
                aria-hidden="true"
                style={{
                  marginInlineStart: `${(width - part.length) * 2.5 + (width === 16 && part.length <= 8 ? 0.8 : 0) + 1}ch`,
                }}
              >
                {part.map((octet, at) => {
                  const place = first + at;
                  return (
                    <span key={place} {...state(place)}>
                      {isSecret(place) ? '▒' : asciiOf(octet)}
                    </span>
                  );
                })}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
