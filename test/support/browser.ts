import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { createRelay, type Relay } from '../../src/server.js';
import { launchChromium } from './chromium.js';
import { CALM } from './relay.js';

export const TV = { width: 1920, height: 1080 };
export const PHONE = { width: 360, height: 740 };

/**
 * How long a page may take for one action, in milliseconds: long enough for a busy machine, and
 * shorter than the timeout of a test, whose message does not say which action failed.
 */
const ACTION_TIMEOUT = 30_000;

/** The timeout of tests in browsers and of their hooks. */
export const BROWSER_TIMEOUT = 180_000;

/** A relay, and a Chromium. */
export interface RelayWithChromium {
  readonly browser: Browser;
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  /** `http://127.0.0.1:PORT` */
  readonly http: string;
}

/** For all tests of the `describe` in which this is called, from its first test on. */
export function relayWithChromium(): RelayWithChromium {
  let relay: Relay | undefined;
  let browser: Browser | undefined;
  let port = 0;

  beforeAll(async () => {
    relay = createRelay({ port: 0, host: '127.0.0.1', ...CALM });
    ({ port } = await relay.listen());
    browser = await launchChromium();
  }, BROWSER_TIMEOUT);

  afterAll(async () => {
    await browser?.close();
    await relay?.close();
  }, BROWSER_TIMEOUT);

  return {
    get browser() {
      if (browser === undefined) throw new Error('no test runs yet');
      return browser;
    },
    get url() {
      return `ws://127.0.0.1:${port}`;
    },
    get http() {
      return `http://127.0.0.1:${port}`;
    },
  };
}

/**
 * A separate browser context, like a separate device.
 *
 * @param complaints collects console messages of its pages at these levels
 */
export async function newDevice(
  browser: Browser,
  complaints: string[],
  options: BrowserContextOptions = {},
  levels: readonly string[] = ['error'],
): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(ACTION_TIMEOUT);
  context.on('console', (message) => {
    // A relay on loopback answers GET /address with 404, which the browser reports.
    const isExpected = message.location().url.endsWith('/address');
    if (levels.includes(message.type()) && !isExpected) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return context;
}
