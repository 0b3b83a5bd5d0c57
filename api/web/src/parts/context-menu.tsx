/** A menu at a point of the page: by right click, by the menu key, or from a button. */

import { Menu, MenuItem, MenuProvider, MenuSeparator } from '@ariakit/react';
import { Fragment } from 'react';
import './context-menu.css';

export interface Action {
  readonly label: string;
  readonly run: () => void;
  readonly disabled?: boolean;
  /** What it does exactly, for example the filter that it applies. */
  readonly detail?: string;
}

/** Where a menu opens, in CSS pixels of the window, and what has the keyboard when it closes. */
export interface At {
  readonly x: number;
  readonly y: number;
  readonly back?: HTMLElement | null;
}

interface Props {
  /** undefined: closed. */
  readonly at: At | undefined;
  readonly label: string;
  /** Groups of actions, with a line between them; a group's heading is optional. */
  readonly groups: readonly { readonly title?: string; readonly actions: readonly Action[] }[];
  readonly onClose: () => void;
}

export function ContextMenu({ at, label, groups, onClose }: Props) {
  const shown = groups.filter(({ actions }) => actions.length > 0);
  return (
    <MenuProvider open={at !== undefined} setOpen={(open) => !open && onClose()} placement="bottom-start">
      <Menu
        className="context-menu"
        aria-label={label}
        modal
        portal
        fixed
        fitViewport
        unmountOnHide
        gutter={2}
        finalFocus={at?.back ?? null}
        getAnchorRect={() => (at === undefined ? null : { x: at.x, y: at.y, width: 0, height: 0 })}
        backdrop={false}
      >
        {shown.map(({ title, actions }, group) => (
          <Fragment key={title ?? actions[0].label}>
            {group > 0 && <MenuSeparator className="context-action-line" />}
            {title !== undefined && (
              <div className="context-action-title" aria-hidden="true">
                {title}
              </div>
            )}
            {actions.map((action) => (
              <MenuItem
                key={action.label}
                className="action-item"
                disabled={action.disabled ?? false}
                onClick={action.run}
              >
                <span>{action.label}</span>
                {action.detail !== undefined && <code className="action-detail"> {action.detail}</code>}
                {title !== undefined && <span className="visually-hidden"> ({title})</span>}
              </MenuItem>
            ))}
          </Fragment>
        ))}
      </Menu>
    </MenuProvider>
  );
}

/** Where the menu key opens one: at the left edge of what is selected, below it. */
export function below(element: Element | null | undefined, back: HTMLElement | null): At {
  const box = (element ?? back)?.getBoundingClientRect();
  return { x: (box?.left ?? 0) + 24, y: box?.bottom ?? 0, back };
}
