/** A step's call in three languages. */

import { Tab, TabList, TabPanel, TabProvider } from '@ariakit/react';
import { Fragment } from 'react';
import { copyText } from '../out/copy';
import { plain } from '../parts/plain';
import { set, useSettings } from '../state/settings';
import { text } from '../text';

const words = text.lab;
type Language = keyof typeof words.languageNames;
const LANGUAGES = Object.keys(words.languageNames) as Language[];

interface Props {
  readonly code: Readonly<Record<Language, string>>;
}

export function CodeView({ code }: Props) {
  const kept = useSettings((settings) => settings.language);
  const language = LANGUAGES.find((one) => one === kept) ?? 'python';
  return (
    <div className="lab-code">
      <TabProvider
        selectedId={`lab-code-${language}`}
        setSelectedId={(id) => id != null && set({ language: id.replace('lab-code-', '') })}
      >
        <div className="lab-code-head">
          <TabList aria-label={words.step.code} className="segmented">
            {LANGUAGES.map((one) => (
              <Tab key={one} id={`lab-code-${one}`} className="lab-language">
                {words.languageNames[one]}
              </Tab>
            ))}
          </TabList>
          <button type="button" onClick={() => void copyText(words.step.copied, code[language])}>
            {words.step.copy}
          </button>
        </div>
        {LANGUAGES.map((one) => (
          <TabPanel key={one} tabId={`lab-code-${one}`} className="lab-code-panel">
            <pre>
              <code>{withComments(code[one], one)}</code>
            </pre>
          </TabPanel>
        ))}
      </TabProvider>
    </div>
  );
}

/** Comments stand back, so that the call is seen first. */
function withComments(code: string, language: Language): React.ReactNode {
  const comment = language === 'python' ? /(^|\s)# .*$/ : /(^|\s)\/\/ .*$/;
  return code.split('\n').map((said, at) => {
    const line = plain(said, 2000);
    const begin = comment.exec(line)?.index ?? line.length;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and do not move
      <Fragment key={at}>
        {line.slice(0, begin)}
        <span className="lab-comment">{line.slice(begin)}</span>
        {'\n'}
      </Fragment>
    );
  });
}
