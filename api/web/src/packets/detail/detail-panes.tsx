/** The selected packet: its tree, the picture of its headers, its octets and the byte-order lens. */

import { type RefObject, useEffect, useRef, useState } from 'react';
import type { PacketDetail } from '../../api/types';
import type { At } from '../../parts/context-menu';
import { ProblemNotice } from '../../parts/problem-notice';
import { Splitter, useShare } from '../../parts/splitter';
import { useChallenge } from '../../room/challenge';
import { show } from '../../state/view';
import { text } from '../../text';
import { AboutDialog } from './about-dialog';
import { BytesPane } from './bytes-pane';
import './detail-panes.css';
import { FieldMenu } from './field-menu';
import { LensPane } from './lens-pane';
import type { TreeNode } from './model';
import { PicturePane } from './picture-pane';
import { TreePane } from './tree-pane';
import { useDetail, useSelected, useShown } from './use-detail';

const words = text.detail;
/** CSS pixels of room below which panes stand one below the other. */
const NARROW = 760;

export function DetailPanes() {
  const { data, error, isPlaceholderData } = useDetail();
  return (
    <section className="detail" aria-label={words.panes} aria-busy={isPlaceholderData}>
      {error !== null ? (
        <ProblemNotice error={error} />
      ) : data === undefined ? (
        <p className="pane-note">{words.loading}</p>
      ) : (
        <Panes detail={data} />
      )}
    </section>
  );
}

/** Whether an element has less room than two panes side by side need. */
function useNarrow(box: RefObject<HTMLElement | null>): boolean {
  const [narrow, setNarrow] = useState(window.innerWidth < NARROW);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setNarrow(element.clientWidth < NARROW));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return narrow;
}

function Panes({ detail }: { readonly detail: PacketDetail }) {
  const shown = useShown(detail);
  const selected = useSelected(shown.tree);
  // What is hidden changes what every pane writes.
  useChallenge();
  const box = useRef<HTMLDivElement>(null);
  const right = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(box);
  const treeShare = useShare('tree', 0.38);
  const pictureShare = useShare('picture', 0.52);
  const [menu, setMenu] = useState<{ readonly node: TreeNode; readonly at: At | undefined }>();
  const [about, setAbout] = useState<TreeNode>();
  const open = (node: TreeNode, at: At) => setMenu({ node, at });
  return (
    <>
      <div ref={box} className="detail-panes" data-narrow={narrow}>
        <div className="detail-tree" style={narrow ? undefined : { flexBasis: `${treeShare * 100}%` }}>
          <div className="pane-head">
            <h2 className="pane-title">{words.heading(detail.number)}</h2>
            <button
              type="button"
              className="small"
              aria-haspopup="menu"
              disabled={selected === undefined}
              onClick={(event) => {
                if (selected === undefined) return;
                const { left, bottom } = event.currentTarget.getBoundingClientRect();
                open(selected, { x: left, y: bottom, back: event.currentTarget });
              }}
            >
              {words.actions}
            </button>
            <button type="button" className="small" onClick={() => show({ packet: null })}>
              {words.close}
            </button>
          </div>
          <TreePane shown={shown} menu={open} />
        </div>
        {!narrow && <Splitter name="tree" label={words.dividers.tree} upright box={box} share={treeShare} />}
        <div ref={right} className="detail-right">
          <div className="detail-picture" style={narrow ? undefined : { flexBasis: `${pictureShare * 100}%` }}>
            <PicturePane shown={shown} />
          </div>
          {!narrow && (
            <Splitter name="picture" label={words.dividers.picture} upright={false} box={right} share={pictureShare} />
          )}
          <div className="detail-bytes">
            <BytesPane shown={shown} />
            <LensPane shown={shown} />
          </div>
        </div>
      </div>
      <FieldMenu
        node={menu?.node}
        at={menu?.at}
        onClose={() => setMenu((last) => last && { ...last, at: undefined })}
        onAbout={setAbout}
      />
      <AboutDialog node={about} onClose={() => setAbout(undefined)} />
    </>
  );
}
