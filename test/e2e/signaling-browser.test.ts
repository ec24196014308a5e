import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newDevice } from '../support/browser.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { RelayProcess } from '../support/relay-process.js';
import { needs } from '../support/tools.js';

const PAGE = readFileSync(new URL('../../examples/signaling/index.html', import.meta.url));

/** Serves the example from a separate origin, as for the pages of games. */
async function servePage(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(PAGE);
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('two pages of another origin', needs(CHROMIUM), () => {
  test('open a data channel by polling, and talk', async () => {
    const relay = await RelayProcess.start([], { node: [] });
    onTestFinished(() => relay.stop());
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const complaints: string[] = [];
    const open = async (url: string): Promise<Page> => {
      const page = await (await newDevice(browser, complaints)).newPage();
      await page.goto(url);
      return page;
    };
    const first = await open(`${await servePage()}?relay=${relay.http}`);
    await first.click('#start');
    const link = first.locator('#link a');
    await link.waitFor();
    const second = await open((await link.getAttribute('href')) ?? '');
    const says = async (page: Page, text: string): Promise<void> => {
      await page.fill('#text:enabled', text);
      await page.press('#text', 'Enter');
    };
    const hears = (page: Page, text: string) =>
      page.locator('#log', { hasText: `they: ${text}` }).waitFor();
    await says(first, 'hello');
    await hears(second, 'hello');
    await says(second, 'hello yourself');
    await hears(first, 'hello yourself');
    expect(await relay.metric('lobby_relay_signaling_channels')).toBe(1);
    // A browser reports every 400 on its console: here, there is no answer yet.
    expect(complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
    expect(relay.faults).toEqual([]);
  });
});
