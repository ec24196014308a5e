import { existsSync } from 'node:fs';
import process from 'node:process';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/**
 * Whether there is a Chromium to test with: what needs one is skipped without it. Not in CI, where
 * a test that is silently skipped would go unnoticed for ever.
 *
 * @throws if there is none in CI
 */
export function hasChromium(): boolean {
  if (existsSync(EXECUTABLE)) return true;
  const reason = `no Chromium at ${EXECUTABLE}: run scripts/install-chromium, or set CHROMIUM`;
  if (process.env['CI']) throw new Error(reason);
  console.warn(`browser tests are skipped: ${reason}`);
  return false;
}

/** A Chromium without a window, which talks to nobody on its own account. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
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
