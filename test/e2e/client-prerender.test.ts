import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { Host } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';
import { needs, pathOf } from '../support/tools.js';

describe('a page that Chromium prerenders', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  let browser: Browser;

  beforeAll(async () => {
    // Playwright disables prerendering.
    browser = await puppeteer.launch({
      executablePath: pathOf(CHROMIUM),
      args: ['--no-sandbox', '--disable-gpu'],
    });
  }, BROWSER_TIMEOUT);

  afterAll(() => browser?.close());

  /** Opens a page that has a link to a prerendered page, which joins the room when it is loaded. */
  async function openLobby(
    relay: string,
    code: string,
  ): Promise<{ lobby: Page; reports: Inbox<string> }> {
    const reports = new Inbox<string>();
    const server = createServer(({ url = '' }, response) => {
      response.setHeader('Content-Type', 'text/html');
      if (url.startsWith('/report')) reports.put(url);
      if (url !== '/play') {
        return void response.end(`<!doctype html><title>lobby</title><a href="/play">play</a>
          <script type="speculationrules">
            { "prerender": [{ "source": "list", "urls": ["/play"], "eagerness": "immediate" }] }
          </script>`);
      }
      response.end(`<!doctype html><title>play</title><script type="module">
        import { joinRoom } from '${relay}/client.js';
        let sockets = 0;
        window.WebSocket = class extends WebSocket {
          constructor(url) {
            super(url);
            sockets++;
          }
        };
        const joining = joinRoom('${relay}', '${code}');
        // After everything that joining does synchronously.
        await new Promise((later) => setTimeout(later));
        const { prerendering } = document;
        await fetch('/report?' + new URLSearchParams({ prerendering, sockets, stored: sessionStorage.length }));
        await joining;
        await fetch('/report?' + new URLSearchParams({ joined: true, stored: sessionStorage.length }));
        // The test cannot reload it: Puppeteer sometimes loses a page that was prerendered.
        if (performance.getEntriesByType('navigation')[0].type !== 'reload') location.reload();
      </script>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const context = await browser.createBrowserContext();
    onTestFinished(async () => {
      await context.close();
      server.closeAllConnections();
      server.close();
    });
    const lobby = await context.newPage();
    await lobby.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return { lobby, reports };
  }

  test('joins only when it is opened, and keeps its seat after a reload', async () => {
    const { url, http } = await startRelay();
    const host = await Host.open(url, { hold: 60 });
    const { lobby, reports } = await openLobby(http, host.code);
    expect(await reports.next()).toBe('/report?prerendering=true&sockets=0&stored=0');
    expect(await host.settled()).toEqual([]);
    await lobby.click('a');
    expect(await host.until('player_joined')).toMatchObject({ player: 1 });
    expect(await reports.next()).toBe('/report?joined=true&stored=1');
    // The page reloads itself.
    expect(await host.until('player_back')).toMatchObject({ player: 1 });
  });
});
