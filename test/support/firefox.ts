import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { executable, pathOf } from './tools.js';

/** Puppeteer drives it over WebDriver BiDi: Playwright needs a patched Firefox of its own. */
export const FIREFOX = executable(
  'Firefox',
  '/usr/bin/firefox-esr',
  'FIREFOX',
  'scripts/install-firefox',
);

/** The timeout of one action on a page, in milliseconds; only to detect hangs. */
const ACTION_TIMEOUT = 30_000;

/** Preferences by their names in about:config. */
export type Preferences = Readonly<Record<string, boolean | number | string>>;

/** A Firefox without a window and with a new profile. Its pages may use loopback WebRTC. */
export function launchFirefox(preferences: Preferences = {}): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: pathOf(FIREFOX),
    headless: true,
    extraPrefsFirefox: {
      // Candidates of 127.0.0.1, and addresses instead of names that only mDNS resolves.
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      ...preferences,
    },
  });
}

/**
 * Opens a page in a separate browser context, which shares no storage with others.
 *
 * @param complaints collects the errors of the page and of its console
 */
export async function newFirefoxPage(browser: Browser, complaints: string[]): Promise<Page> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(ACTION_TIMEOUT);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return page;
}
