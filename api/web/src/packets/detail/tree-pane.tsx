/** The packet's layers and fields, as deep as somebody opened them. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useEffect, useMemo, useRef } from 'react';
import { type At, below } from '../../parts/context-menu';
import { placeByKey } from '../../parts/list-keys';
import { plain } from '../../parts/plain';
import { useSettings } from '../../state/settings';
import { text } from '../../text';
import { hoverNode, selectNode, setOpen, usePointed } from './detail-state';
import { branchOf, seenNodes, type TreeNode } from './model';
import { lineOf } from './show';
import './tree-pane.css';
import { type Severity, severityOf } from './severity';
import { type Shown, useSelected } from './use-detail';

const words = text.detail;

interface Props {
  readonly shown: Shown;
  /** Opens the menu of a node. */
  readonly menu: (node: TreeNode, at: At) => void;
}

export function TreePane({ shown, menu }: Props) {
  const { tree, detail } = shown;
  const names = useSettings((settings) => settings.open);
  const large = useSettings((settings) => settings.large);
  const open = useMemo(() => new Set(names), [names]);
  const rows = useMemo(() => seenNodes(tree, open), [tree, open]);
  const selected = useSelected(tree);
  const hover = usePointed((pointed) => pointed.hover);
  const box = useRef<HTMLDivElement>(null);
  const height = large ? 34 : 23;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 12,
  });
  const at = selected === undefined ? -1 : rows.indexOf(selected);
  useEffect(() => {
    if (height > 0) virtual.measure();
  }, [virtual, height]);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);

  const menuOf = (node: TreeNode | undefined) => {
    const element = box.current;
    if (node === undefined || element === null) return;
    menu(node, below(element.querySelector('[aria-selected="true"]'), element));
  };

  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = selected;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / height) - 1);
    const to = placeByKey(event.key, at, page, rows.length);
    if (to !== undefined) {
      const next = rows[to];
      if (next !== undefined) selectNode(next);
    } else if (event.key === 'ArrowRight' && node !== undefined) {
      if (node.children.length > 0 && !open.has(branchOf(node))) setOpen([branchOf(node)], true);
      else if (node.children.length > 0) selectNode(node.children[0]);
    } else if (event.key === 'ArrowLeft' && node !== undefined) {
      if (node.children.length > 0 && open.has(branchOf(node))) setOpen([branchOf(node)], false);
      else if (node.parent !== undefined) selectNode(node.parent);
    } else if ((event.key === 'Enter' || event.key === ' ') && node !== undefined) {
      if (node.children.length > 0) setOpen([branchOf(node)], !open.has(branchOf(node)));
    } else if (event.key === '*') {
      // As the ARIA practices have it: everything on this level.
      const level = node?.parent?.children ?? tree;
      setOpen(level.filter((one) => one.children.length > 0).map(branchOf), true);
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) menuOf(node);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={box}
      className="tree"
      role="tree"
      aria-label={words.tree}
      aria-activedescendant={at >= 0 ? `tree-${at}` : undefined}
      tabIndex={0}
      onKeyDown={key}
      onPointerLeave={() => hoverNode(null)}
      onFocus={() => {
        if (selected === undefined && rows.length > 0) selectNode(rows[0]);
      }}
    >
      <div className="tree-rows" style={{ height: virtual.getTotalSize() }} role="presentation">
        {virtual.getVirtualItems().map((item) => {
          const node = rows[item.index];
          return node === undefined ? null : (
            <Line
              key={item.key}
              at={item.index}
              top={item.start}
              height={height}
              node={node}
              open={node.children.length > 0 ? open.has(branchOf(node)) : undefined}
              siblings={node.parent?.children.length ?? tree.length}
              selected={item.index === at}
              lit={hover === node}
              severity={severityOf(node, detail.problems)}
              menu={menu}
            />
          );
        })}
      </div>
    </div>
  );
}

interface LineProps {
  readonly at: number;
  readonly top: number;
  readonly height: number;
  readonly node: TreeNode;
  /** undefined: there is nothing to open. */
  readonly open: boolean | undefined;
  readonly siblings: number;
  readonly selected: boolean;
  readonly lit: boolean;
  readonly severity: Severity | undefined;
  readonly menu: Props['menu'];
}

const Line = memo(function Line({ at, top, height, node, open, siblings, selected, lit, severity, menu }: LineProps) {
  const { title, value, computed } = lineOf(node);
  const tree = (element: Element) => element.closest<HTMLElement>('[role=tree]');
  return (
    <div
      role="treeitem"
      id={`tree-${at}`}
      className="tree-line"
      data-lit={lit}
      data-layer={node.field === undefined}
      data-severity={severity}
      aria-level={node.depth}
      aria-setsize={siblings}
      aria-posinset={node.place}
      aria-expanded={open}
      aria-selected={selected}
      title={node.field === undefined ? undefined : plain(node.field.name, 200)}
      style={{ transform: `translateY(${top}px)`, height, paddingInlineStart: `${(node.depth - 1) * 1.1 + 0.2}em` }}
      onClick={() => selectNode(node)}
      onDoubleClick={() => open !== undefined && setOpen([branchOf(node)], !open)}
      onPointerEnter={() => hoverNode(node)}
      onContextMenu={(event) => {
        event.preventDefault();
        selectNode(node);
        menu(node, { x: event.clientX, y: event.clientY, back: tree(event.currentTarget) });
      }}
    >
      <span
        className="tree-twist"
        aria-hidden="true"
        onClick={(event) => {
          if (open === undefined) return;
          event.stopPropagation();
          setOpen([branchOf(node)], !open);
        }}
      >
        {open === undefined ? '' : open ? '▾' : '▸'}
      </span>
      {severity !== undefined && <span className="tree-severity">{words.severities[severity]}</span>}
      <span className="tree-words">
        {computed && '['}
        <span className="tree-title">{title}</span>
        {value !== '' && <span className="tree-value">{node.field === undefined ? `, ${value}` : `: ${value}`}</span>}
        {computed && ']'}
      </span>
      <span
        className="tree-more"
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          selectNode(node);
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          menu(node, { x: left, y: bottom, back: tree(event.currentTarget) });
        }}
      >
        ⋯
      </span>
    </div>
  );
});
