import { type Browser, chromium } from 'playwright-core';
import { executable, pathOf } from './tools.js';

export const CHROMIUM = executable(
  'Chromium',
  '/usr/bin/chromium',
  'CHROMIUM',
  'scripts/install-chromium',
);

/** A headless Chromium that makes no requests of its own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: pathOf(CHROMIUM),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
