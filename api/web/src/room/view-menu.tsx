/** How the page looks, and what is for a room full of people. */

import {
  Menu,
  MenuButton,
  MenuGroup,
  MenuGroupLabel,
  MenuItem,
  MenuItemCheckbox,
  MenuItemRadio,
  MenuProvider,
} from '@ariakit/react';
import { useState } from 'react';
import { useLive } from '../state/live';
import { set, type Theme, useSettings } from '../state/settings';
import { show, useView } from '../state/view';
import { text } from '../text';
import { PresentDialog } from './present-dialog';
import { present, usePresenter } from './presenter';
import { startReplay, useReplay } from './replay';
import { useWatch } from './watch';

const words = text.room;

export function ViewMenu() {
  const { theme, large } = useSettings();
  const [dialog, setDialog] = useState(false);
  const capture = useView((view) => view.capture);
  const running = useLive((live) => live.connection === 'live');
  const replaying = useReplay((replay) => replay.on);
  const watching = useWatch((watch) => watch.token !== null);
  const { watch, capture: presented } = usePresenter();
  return (
    <>
      {presented !== null && (
        <button type="button" onClick={() => setDialog(true)}>
          {words.presenting(watch?.viewers ?? 0)}
        </button>
      )}
      <MenuProvider
        values={{ theme, large: large ? ['large'] : [] }}
        setValues={(values) =>
          set({ theme: values['theme'] as Theme, large: values['large']?.includes('large') === true })
        }
      >
        <MenuButton className="button">{words.menu} ▾</MenuButton>
        <Menu gutter={4} className="menu" portal>
          <MenuItem
            className="menu-item"
            disabled={capture === null || running || replaying}
            onClick={() => {
              show({ tab: 'packets' });
              startReplay();
            }}
          >
            {words.startReplay}
            {running && <small>{words.replayRunning}</small>}
          </MenuItem>
          {!watching && (
            <MenuItem
              className="menu-item"
              disabled={capture === null}
              onClick={() => {
                if (capture !== null && presented !== capture) void present(capture);
                setDialog(true);
              }}
            >
              {words.startPresenting}
            </MenuItem>
          )}
          <hr className="menu-separator" />
          <MenuGroup>
            <MenuGroupLabel className="menu-label">{words.theme}</MenuGroupLabel>
            {Object.entries(words.themes).map(([name, title]) => (
              <MenuItemRadio key={name} name="theme" value={name} className="menu-item">
                {theme === name ? '● ' : '○ '}
                {title}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <hr className="menu-separator" />
          <MenuItemCheckbox name="large" value="large" className="menu-item">
            {large ? '☑ ' : '☐ '}
            {words.large}
          </MenuItemCheckbox>
        </Menu>
      </MenuProvider>
      {dialog && <PresentDialog onClose={() => setDialog(false)} />}
    </>
  );
}
