/** A real Chromium that looks at the page of a real daemon. */

import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type ConsoleMessage, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where screenshots go: beside the other build products, where CI picks them up; they are not in git. */
export const SCREENSHOTS = join('build', 'screenshots');

function executable(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: on to the next one.
      }
    }
  }
  throw new Error('These tests need Chromium: sudo apt-get install chromium');
}

export interface Opened {
  readonly page: Page;
  /** What the page's console complained of: errors, warnings and uncaught exceptions. */
  readonly complaints: string[];
}

export class WebBrowser {
  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<WebBrowser> {
    // Chromium's own sandbox does not work as root, and looks at this daemon's page only.
    const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
    return new WebBrowser(await chromium.launch({ executablePath: executable(), args, headless: true }));
  }

  /** Opens an address in a context of its own, at a size in CSS pixels. */
  async open(url: string, { width = 1280, height = 800 } = {}): Promise<Opened> {
    const context = await this.browser.newContext({ viewport: { width, height }, acceptDownloads: true });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message: ConsoleMessage) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    return { page, complaints };
  }

  async stop(): Promise<void> {
    await this.browser.close();
  }
}

/** Keeps what is seen as a picture, for people. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}
