import type { BrowserContext as Device } from 'playwright-core';
import type { BrowserContext as FirefoxDevice, Page as FirefoxPage } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRoom, type Room } from '../../src/client/index.js';
import { createRelay, type Relay } from '../../src/server.js';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { FIREFOX, launchFirefox } from '../support/firefox.js';
import { CALM } from '../support/relay.js';
import { needs } from '../support/tools.js';

/** The common methods of pages in both drivers. */
interface AnyPage {
  evaluate(expression: string): Promise<unknown>;
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  close(): Promise<void>;
}

/** A device that opens pages in tabs. */
interface Tabs {
  open(url: string): Promise<AnyPage>;
  /** As a browser's "duplicate tab" does, this copies `sessionStorage`. */
  duplicate(page: AnyPage): Promise<AnyPage>;
}

function chromiumTabs(device: Device): Tabs {
  return {
    open: async (url) => {
      const page = await device.newPage();
      await page.goto(url);
      return page;
    },
    duplicate: async (page) => {
      const opened = device.waitForEvent('page');
      await page.evaluate('void window.open(location.href)');
      const duplicate = await opened;
      await duplicate.waitForLoadState();
      return duplicate;
    },
  };
}

function firefoxTabs(device: FirefoxDevice): Tabs {
  return {
    open: async (url) => {
      const page = await device.newPage();
      await page.goto(url);
      return page;
    },
    duplicate: async (page) => {
      const opened = new Promise<FirefoxPage>((resolve) =>
        (page as FirefoxPage).once('popup', (popup) => popup !== null && resolve(popup)),
      );
      await page.evaluate('void window.open(location.href)');
      const duplicate = await opened;
      await duplicate.waitForFunction(`document.readyState === 'complete'`);
      return duplicate;
    },
  };
}

interface OpenBrowser {
  newDevice(): Promise<{ readonly tabs: Tabs; close(): Promise<void> }>;
  close(): Promise<void>;
}

async function chromium(): Promise<OpenBrowser> {
  const browser = await launchChromium();
  return {
    newDevice: async () => {
      const device = await browser.newContext();
      return { tabs: chromiumTabs(device), close: () => device.close() };
    },
    close: () => browser.close(),
  };
}

async function firefox(): Promise<OpenBrowser> {
  const browser = await launchFirefox({ 'dom.disable_open_during_load': false });
  return {
    newDevice: async () => {
      const device = await browser.createBrowserContext();
      return { tabs: firefoxTabs(device), close: () => device.close() };
    },
    close: () => browser.close(),
  };
}

describe.each([
  ['Chromium', CHROMIUM, chromium],
  ['Firefox', FIREFOX, firefox],
] as const)('a phone with %s', (_name, tool, launch) => {
  // Pages without TLS, as in a home network, have no Web Locks.
  describe.each([true, false])(
    '(Web Locks: %s)',
    needs(tool, { timeout: BROWSER_TIMEOUT }),
    (hasLocks) => {
      let relay: Relay;
      let browser: OpenBrowser;
      let url: string;

      beforeAll(async () => {
        relay = createRelay({ port: 0, host: '127.0.0.1', ...CALM });
        const { port } = await relay.listen();
        url = `http://127.0.0.1:${port}`;
        browser = await launch();
      }, BROWSER_TIMEOUT);

      afterAll(async () => {
        await browser?.close();
        await relay?.close();
      }, BROWSER_TIMEOUT);

      async function newPhone(): Promise<Tabs> {
        const device = await browser.newDevice();
        onTestFinished(() => device.close());
        return device.tabs;
      }

      async function openRoom(): Promise<Room> {
        const room = await createRoom(url, { WebSocket, storage: null, hold: 600 });
        onTestFinished(() => room.stop());
        return room;
      }

      /** Runs the body of an async function in which the SDK's functions are imported. */
      function run<Result>(page: AnyPage, body: string): Promise<Result> {
        return page.evaluate(`(async () => {
        if (${!hasLocks}) Object.defineProperty(navigator, 'locks', { value: undefined });
        const { createRoom, joinRoom } = await import('/client.js');
        ${body}
      })()`) as Promise<Result>;
      }

      /** Joins, and returns the player's id. */
      function join(page: AnyPage, { code }: Room): Promise<number> {
        return run(
          page,
          `window.seat = await joinRoom(location.origin, '${code}');
         return seat.id;`,
        );
      }

      test('whose tab was closed is the same player after scanning the code again', async () => {
        const [room, phone] = [await openRoom(), await newPhone()];
        const first = await phone.open(`${url}/health`);
        expect(await join(first, room)).toBe(1);
        await first.close();
        expect(await join(await phone.open(`${url}/health`), room)).toBe(1);
        expect(room.players.map(({ id }) => id)).toEqual([1]);
      });

      test('with two open tabs is two players, also after a reload', async () => {
        const [room, phone] = [await openRoom(), await newPhone()];
        const tabs = [await phone.open(`${url}/health`), await phone.open(`${url}/health`)];
        const ids = [];
        for (const tab of tabs) ids.push(await join(tab, room));
        expect(ids).toEqual([1, 2]);
        for (const tab of tabs.toReversed()) await tab.reload();
        expect(await Promise.all(tabs.map((tab) => join(tab, room)))).toEqual([1, 2]);
        expect(room.players.length).toBe(2);
      });

      test('whose tab is duplicated is a second player', async () => {
        const [room, phone] = [await openRoom(), await newPhone()];
        const tab = await phone.open(`${url}/health`);
        expect(await join(tab, room)).toBe(1);
        const copy = await phone.duplicate(tab);
        expect(await copy.evaluate('sessionStorage.length')).toBe(1);
        expect(await join(copy, room)).toBe(2);
        expect(await tab.evaluate('seat.status')).toBe('open');
      });

      test('whose player has left is a new player', async () => {
        const [room, phone] = [await openRoom(), await newPhone()];
        const tab = await phone.open(`${url}/health`);
        expect(await join(tab, room)).toBe(1);
        await tab.evaluate('seat.leave()');
        expect(await tab.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
        expect(await join(await phone.open(`${url}/health`), room)).toBe(2);
      });

      test('has one room for each page, game and set of options', async () => {
        const tv = await newPhone();
        const tab = await tv.open(`${url}/health`);
        const create = (path: string, options: object): Promise<[string, boolean]> =>
          tab.goto(url + path).then(() =>
            run(
              tab,
              `const room = await createRoom(location.origin, ${JSON.stringify(options)});
             return [room.code, room.resumed];`,
            ),
          );
        const chess = { name: 'Chess', maxPlayers: 2 };
        const [code, isResumed] = await create('/health', chess);
        expect(isResumed).toBe(false);
        const others = [
          await create('/ready', chess),
          await create('/health', { name: 'Go', maxPlayers: 2 }),
        ];
        expect(others.map(([, resumed]) => resumed)).toEqual([false, false]);
        expect(await create('/health', chess)).toEqual([code, true]);
        expect((await create('/health', { ...chess, maxPlayers: 4 }))[1]).toBe(false);
        expect((await create('/health', { ...chess, maxPlayers: 4, hold: 7 }))[1]).toBe(false);
      });
    },
  );
});
