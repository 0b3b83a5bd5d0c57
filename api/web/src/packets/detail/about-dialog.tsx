/** What a field is: its entry in the field reference, and where it is defined. */

import { Dialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import type { FieldInfo } from '../../api/types';
import { plain } from '../../parts/plain';
import { ProblemNotice } from '../../parts/problem-notice';
import { text } from '../../text';
import './about-dialog.css';
import type { TreeNode } from './model';
import { titleOf, wordsOf } from './show';
import { useFields } from './use-fields';

const words = text.detail.about;
/** Named values that are listed. */
const MOST_LABELS = 40;

interface Props {
  /** undefined: closed. */
  readonly node: TreeNode | undefined;
  readonly onClose: () => void;
}

export function AboutDialog({ node, onClose }: Props) {
  const { fields, protocols, ready, error } = useFields(node !== undefined);
  const name = node?.field?.name ?? node?.layer.protocol ?? '';
  const info = fields.get(name);
  const protocol = protocols.get(info?.protocol ?? node?.layer.protocol ?? '');
  return (
    <Dialog
      open={node !== undefined}
      onClose={onClose}
      className="dialog about"
      backdrop={<div className="backdrop" />}
      unmountOnHide
    >
      <DialogHeading className="about-title">{node === undefined ? '' : titleOf(node)}</DialogHeading>
      <ProblemNotice error={error} />
      {node !== undefined && (
        <dl className="about-list">
          <dt>{words.name}</dt>
          <dd>
            <code>{plain(name, 200)}</code>
          </dd>
          <dt>{words.value}</dt>
          <dd className="about-value">{wordsOf(node)}</dd>
          {protocol !== undefined && (
            <>
              <dt>{words.protocol}</dt>
              <dd>{protocol.title}</dd>
            </>
          )}
          {info !== undefined && <Kind info={info} />}
          {protocol !== undefined && protocol.reference !== '' && (
            <>
              <dt>{words.reference}</dt>
              <dd>
                <Reference reference={protocol.reference} />
              </dd>
            </>
          )}
        </dl>
      )}
      {!ready && error === null && <p className="pane-note">{words.loading}</p>}
      {ready && info === undefined && protocol === undefined && <p className="pane-note">{words.unknown}</p>}
      {node?.field?.generated && <p className="pane-note">{words.computed}</p>}
      <DialogDismiss className="button">{words.close}</DialogDismiss>
    </Dialog>
  );
}

function Kind({ info }: { readonly info: FieldInfo }) {
  const labels = Object.entries(info.labels ?? {});
  return (
    <>
      <dt>{words.kind}</dt>
      <dd>{words.types[info.type] ?? info.type}</dd>
      <dt>{words.width}</dt>
      <dd>{info.bits === 0 ? words.varies : words.bits(info.bits)}</dd>
      {labels.length > 0 && (
        <>
          <dt>{words.labels}</dt>
          <dd>
            <ul className="about-labels">
              {labels.slice(0, MOST_LABELS).map(([value, label]) => (
                <li key={value}>
                  <code>{value}</code> {label}
                </li>
              ))}
            </ul>
            {labels.length > MOST_LABELS && words.more(labels.length - MOST_LABELS)}
          </dd>
        </>
      )}
    </>
  );
}

/** `RFC 9293, section 3.1` with a link to where it can be read; other standards as words. */
function Reference({ reference }: { readonly reference: string }) {
  const found = /RFC (\d+)(?:, (?:section|appendix) ([\w.]+))?/i.exec(reference);
  if (found === null) return <>{reference}</>;
  const section = found[2] === undefined ? '' : `#section-${found[2]}`;
  return (
    <a href={`https://www.rfc-editor.org/rfc/rfc${found[1]}.html${section}`} target="_blank" rel="noreferrer">
      {reference}
    </a>
  );
}
