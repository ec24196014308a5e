import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { Cable } from '../support/cable.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { Host, Player, seatKey, seatOf } from '../support/clients.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';

/** The relay's `--ping` in seconds: a dead page is noticed after three times that. The default is 20. */
const PING = Number(process.env['BROWSER_PING'] ?? 0.5);

/** Longer than any test, in seconds. */
const LONG = 600;

/** A client with `new WebSocket` alone, which reconnects whenever its connection is lost. */
const GAME = `<!doctype html><title>phone</title><script>
  const said = [];
  function connect() {
    const socket = new WebSocket(new URLSearchParams(location.search).get('relay'));
    socket.onopen = () => said.push('open');
    socket.onmessage = ({ data }) => said.push(data);
    socket.onclose = ({ code }) => {
      said.push('closed ' + code);
      setTimeout(connect, 100);
    };
  }
  connect();
</script>`;

interface Party {
  readonly host: Host;
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly cable: Cable;
  readonly url: string;
}

const THREE_PINGS = 3 * PING * 1000;

describe('a page', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT + THREE_PINGS }), () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  }, BROWSER_TIMEOUT);

  afterAll(() => browser?.close());

  /** A game, and a phone in a real browser whose connection can be broken. */
  async function party(): Promise<Party> {
    const { url, port } = await startRelay({ ping: PING });
    const cable = await Cable.to(port);
    const host = await Host.open(url, { hold: LONG });
    // The game sends nothing by itself, and answers pings like every WebSocket.
    const page = await openPage(browser, `ws://127.0.0.1:${cable.port}/${seatOf(host, seatKey())}`);
    await host.until('player_joined');
    await host.until('state');
    await page.waitForFunction(`said.includes('open')`);
    return { host, page, cdp: await page.context().newCDPSession(page), cable, url };
  }

  /** The relay notices the dead page, which gets messages of the meantime when it reconnects. */
  async function comesBack(host: Host, page: Page, goBack: () => Promise<unknown>): Promise<void> {
    expect(await host.next()).toEqual({ cmd: 'player_away', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [1], away: [1] });
    for (const data of ['one', 'two', 'three']) host.command({ cmd: 'to_str', to: [], data });
    await host.settled();
    await goBack();
    expect(await host.until('player_back')).toEqual({ cmd: 'player_back', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [1], away: [] });
    host.command({ cmd: 'to_str', to: [1], data: 'newer' });
    await page.waitForFunction(`said.includes('newer')`);
    const expected = ['open', 'closed 1006', 'open', 'one', 'two', 'three', 'newer'];
    expect(await page.evaluate('said')).toEqual(expected);
  }

  test('that is offline for longer than the ping timeout reconnects to its seat', async () => {
    const { host, page, cdp, cable } = await party();
    await goOffline(cdp, true);
    // Chromium keeps existing WebSockets open, and answers pings on them.
    cable.goDead();
    await comesBack(host, page, async () => {
      await goOffline(cdp, false);
      cable.cut();
    });
  });

  // `Page.setWebLifecycleState` freezes only hidden pages, and headless pages are visible. A page that the
  // debugger has paused does not run either.
  test('that is frozen while its connection is dead reconnects when it wakes', async () => {
    const { host, page, cdp, cable } = await party();
    await halt(cdp);
    cable.goDead();
    await comesBack(host, page, async () => {
      cable.cut();
      await cdp.send('Debugger.resume');
    });
  });

  test('that is frozen while its connection is alive stays connected and loses nothing', async () => {
    const { host, page, cdp, url } = await party();
    await halt(cdp);
    // The browser answers pings for the page. A client that does not is disconnected in this time.
    const silent = await Player.join(url, seatOf(host, seatKey()), { autoPong: false });
    expect(await host.until('player_away')).toEqual({ cmd: 'player_away', player: 2 });
    expect((await silent.closed).code).toBe(1006);
    for (const data of ['one', 'two', 'three']) host.command({ cmd: 'to_str', to: [], data });
    expect((await host.settled()).map(({ cmd }) => cmd)).toEqual(['state']);
    await cdp.send('Debugger.resume');
    await page.waitForFunction(`said.includes('three')`);
    expect(await page.evaluate('said')).toEqual(['open', 'one', 'two', 'three']);
  });

  test('that is reloaded is the same player', async () => {
    const { host, page } = await party();
    await page.reload();
    expect(await host.next()).toEqual({ cmd: 'player_away', player: 1 });
    expect(await host.until('player_back')).toEqual({ cmd: 'player_back', player: 1 });
    host.command({ cmd: 'to_str', to: [], data: 'welcome back' });
    await page.waitForFunction(`said.includes('welcome back')`);
  });
});

async function openPage(browser: Browser, relay: string): Promise<Page> {
  // A page from this machine may connect to this machine; a blank page may not.
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(GAME);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const context = await browser.newContext();
  onTestFinished(async () => {
    await context.close();
    server.closeAllConnections();
    server.close();
  });
  const page = await context.newPage();
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/?${new URLSearchParams({ relay })}`);
  return page;
}

async function goOffline(cdp: CDPSession, offline: boolean): Promise<void> {
  await cdp.send('Network.enable');
  const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
  await cdp.send('Network.emulateNetworkConditions', { offline, ...unlimited });
}

/** Pauses all scripts of the page at the next statement. */
async function halt(cdp: CDPSession): Promise<void> {
  await cdp.send('Debugger.enable');
  const halted = new Promise((resolve) => cdp.once('Debugger.paused', resolve));
  await cdp.send('Debugger.pause');
  // A statement at which the debugger pauses.
  void cdp.send('Runtime.evaluate', { expression: 'void 0' }).catch(() => {});
  await halted;
}
