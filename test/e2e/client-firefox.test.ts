import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRelay, type Relay } from '../../src/server.js';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { FIREFOX, launchFirefox, newFirefoxPage } from '../support/firefox.js';
import { CALM } from '../support/relay.js';
import { needs } from '../support/tools.js';

describe('the SDK in Firefox', needs(FIREFOX, { timeout: BROWSER_TIMEOUT }), () => {
  let relay: Relay;
  let browser: Browser;
  let url: string;
  let pageErrors: string[];
  const pages: Page[] = [];

  beforeAll(async () => {
    relay = createRelay({ port: 0, host: '127.0.0.1', ...CALM });
    const { port } = await relay.listen();
    url = `http://127.0.0.1:${port}`;
    browser = await launchFirefox();
  }, BROWSER_TIMEOUT);

  afterAll(async () => {
    await browser?.close();
    await relay?.close();
  }, BROWSER_TIMEOUT);

  beforeEach(() => {
    pageErrors = [];
  });

  afterEach(async () => {
    for (const page of pages.splice(0)) await page.browserContext().close();
    expect(pageErrors).toEqual([]);
  });

  /** Opens a page of the relay's origin without scripts, in a separate browser context. */
  async function open(): Promise<Page> {
    const page = await newFirefoxPage(browser, pageErrors);
    pages.push(page);
    await page.goto(`${url}/health`);
    return page;
  }

  /** Runs the body of an async function in which the SDK's functions are imported. */
  function run<Result>(page: Page, body: string): Promise<Result> {
    return page.evaluate(`(async () => {
      const { createRoom, joinRoom } = await import('/client.js');
      ${body}
    })()`) as Promise<Result>;
  }

  test('a host and a player exchange text and bytes', async () => {
    const [tv, phone] = [await open(), await open()];
    const code = await run<string>(
      tv,
      `window.room = await createRoom(location.origin);
       room.on('message', (player, data) => player.send(data));
       return room.code;`,
    );
    const echoed = await run(
      phone,
      `const seat = await joinRoom(location.origin, '${code}');
       const received = [];
       const both = new Promise((resolve) => seat.on('message', (data) => {
         received.push(typeof data === 'string' ? data : [...data]);
         if (received.length === 2) resolve(received);
       }));
       seat.send('bonjour');
       seat.send(Uint8Array.of(0, 255, 7));
       return both;`,
    );
    expect(echoed).toEqual(['bonjour', [0, 255, 7]]);
  });

  test('a reloaded page keeps its seat', async () => {
    const [tv, phone] = [await open(), await open()];
    const code = await run<string>(
      tv,
      `window.joined = [];
       const room = await createRoom(location.origin);
       room.on('join', (player) => joined.push(player.id));
       return room.code;`,
    );
    const join = `return (await joinRoom(location.origin, '${code}')).id;`;
    expect(await run(phone, join)).toBe(1);
    await phone.reload();
    expect(await run(phone, join)).toBe(1);
    expect(await tv.evaluate('joined')).toEqual([1]);
  });

  test('a data channel carries text and bytes in both directions', async () => {
    const [tv, phone] = [await open(), await open()];
    const code = await run<string>(
      tv,
      `const room = await createRoom(location.origin);
       room.on('channel', (player, channel) => {
         channel.binaryType = 'arraybuffer';
         channel.onmessage = ({ data }) => channel.send(data);
       });
       return room.code;`,
    );
    const echoed = await run(
      phone,
      `const seat = await joinRoom(location.origin, '${code}');
       const channel = await seat.openChannel();
       channel.binaryType = 'arraybuffer';
       const received = [];
       const both = new Promise((resolve) => {
         channel.onmessage = ({ data }) => {
           received.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
           if (received.length === 2) resolve(received);
         };
       });
       channel.send('over the channel');
       channel.send(Uint8Array.of(0, 255, 7));
       return both;`,
    );
    expect(echoed).toEqual(['over the channel', [0, 255, 7]]);
  });
});
