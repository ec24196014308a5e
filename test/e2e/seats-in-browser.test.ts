import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { Cable } from '../support/cable.js';
import { hasChromium, launchChromium } from '../support/chromium.js';
import { Host, Player, seatKey, seatOf } from '../support/clients.js';
import { startRelay } from '../support/relay.js';

/** The relay's `--ping` in seconds: a page is missed after three times that. 20 makes it a minute. */
const PING = Number(process.env['BROWSER_PING'] ?? 0.5);

/** Longer than any test, in seconds. */
const LONG = 600;

/** What `new WebSocket` and nothing else does for a game: a new one whenever the one before is gone. */
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

describe.skipIf(!hasChromium())('a page', { timeout: BROWSER_TIMEOUT + THREE_PINGS }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  }, BROWSER_TIMEOUT);

  afterAll(() => browser?.close());

  /** A game and a phone in a real browser, whose line can be broken. */
  async function party(): Promise<Party> {
    const { url, port } = await startRelay({ ping: PING });
    const cable = await Cable.to(port);
    const host = await Host.open(url, { hold: LONG });
    // The game says nothing by itself, and answers pings like every WebSocket.
    const page = await openPage(browser, `ws://127.0.0.1:${cable.port}/${seatOf(host, seatKey())}`);
    await host.until('player_joined');
    await host.until('state');
    await page.waitForFunction(`said.includes('open')`);
    return { host, page, cdp: await page.context().newCDPSession(page), cable, url };
  }

  /** The page is missed; what is said meanwhile is there when it is back. */
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

  test('that is offline for longer than the ping allows comes back to its seat', async () => {
    const { host, page, cdp, cable } = await party();
    await goOffline(cdp, true);
    // Chromium keeps the WebSockets that there are, and answers pings on them.
    cable.goDead();
    await comesBack(host, page, async () => {
      await goOffline(cdp, false);
      cable.cut();
    });
  });

  // Chromium freezes no page by `Page.setWebLifecycleState` that can be seen, as all can without a
  // window; halted by the debugger, a page runs as little as a frozen one.
  test('in which nothing runs while its line is dead comes back when it wakes', async () => {
    const { host, page, cdp, cable } = await party();
    await halt(cdp);
    cable.goDead();
    await comesBack(host, page, async () => {
      cable.cut();
      await cdp.send('Debugger.resume');
    });
  });

  test('in which nothing runs while its line is alive is not missed, and loses nothing', async () => {
    const { host, page, cdp, url } = await party();
    await halt(cdp);
    // The browser answers pings for it. Somebody who does not is away after as long a silence.
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
  // A page of this machine's may connect to this machine; a blank one may not.
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

/** Stops all that runs in the page, at its next statement. */
async function halt(cdp: CDPSession): Promise<void> {
  await cdp.send('Debugger.enable');
  const halted = new Promise((resolve) => cdp.once('Debugger.paused', resolve));
  await cdp.send('Debugger.pause');
  // A statement, to be halted at.
  void cdp.send('Runtime.evaluate', { expression: 'void 0' }).catch(() => {});
  await halted;
}
