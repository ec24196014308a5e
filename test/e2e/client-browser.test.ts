import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
} from 'vitest';
import { WebSocket } from 'ws';
import { createRoom } from '../../src/client/index.js';
import { BROWSER_TIMEOUT, newDevice, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { freshMetrics } from '../support/metrics.js';
import { needs } from '../support/tools.js';

const ROOT = new URL('../../', import.meta.url);

/**
 * The number of messages in each direction over a channel. Meanwhile, the relay may forward a few signals
 * and acknowledgements, but fewer messages than these.
 */
const ROUNDS = 5;
const MESSAGES = 50;

describe('the SDK in a browser', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();
  let context: BrowserContext;
  let pageErrors: string[];
  /** Serves the examples from another origin than the relay's. */
  const pages = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://pages');
    if (pathname === '/favicon.ico') return void response.writeHead(204).end();
    response.setHeader('Content-Type', 'text/html');
    response.end(
      pathname === '/empty' ? '<!doctype html>' : readFileSync(new URL(`.${pathname}`, ROOT)),
    );
  });

  beforeAll(async () => {
    await new Promise<void>((listening) => pages.listen(0, '127.0.0.1', listening));
  });

  afterAll(() => void pages.close());

  beforeEach(async () => {
    pageErrors = [];
    context = await newDevice(relay.browser, pageErrors);
  });

  afterEach(async () => {
    await context.close();
    expect(pageErrors).toEqual([]);
  });

  async function open(path: string, query: Record<string, string> = {}): Promise<Page> {
    const page = await context.newPage();
    const { port } = pages.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/${path}?${new URLSearchParams(query)}`);
    return page;
  }

  test('the minimal host and player work', async () => {
    const host = await open('examples/sdk/host.html', { relay: relay.http });
    await expect.poll(() => host.getByLabel('Room code').textContent()).toMatch(/^[A-Z]{4}$/);
    const code = (await host.getByLabel('Room code').textContent()) ?? '';
    const phone = await open('examples/sdk/player.html', { relay: relay.http });
    await phone.getByLabel('Code on the big screen').fill('AAAA');
    await phone.getByRole('button', { name: 'Join' }).click();
    await phone.getByText('Cannot join: no such room').waitFor();
    await phone.getByLabel('Code on the big screen').fill(code);
    await phone.getByRole('button', { name: 'Join' }).click();
    await phone.getByText('You are player 1.').waitFor();
    await phone.getByRole('button', { name: 'Wave' }).click();
    await host.getByText('Player 1 says hello').waitFor();
    await host.getByRole('button', { name: 'Everybody, wave!' }).click();
    await phone.getByText('Wave!').waitFor();
  });

  test.each([
    ['webrtc.html', 'http'],
    ['webrtc-by-hand.html', 'ws'],
  ])('%s opens a direct channel', async (file, scheme) => {
    const query = { relay: relay.http.replace('http', scheme) };
    const bigScreen = await open(`examples/sdk/${file}`, query);
    const link = bigScreen.getByRole('link');
    await expect.poll(() => link.getAttribute('href')).toMatch(/code=/);
    const opened = context.waitForEvent('page');
    await link.click();
    const phone = await opened;
    for (const page of [bigScreen, phone]) await page.getByText('open', { exact: true }).waitFor();
    const before = await relayed();
    expect(before).toBeGreaterThan(0);
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [from, to] of [
        [phone, bigScreen],
        [bigScreen, phone],
      ] as const) {
        await from.getByLabel('Say').fill(`round ${round}`);
        await from.getByLabel('Say').press('Enter');
        await to.getByText(`round ${round}`).waitFor();
      }
    }
    expect(await relayed()).toBeLessThan(before + 2 * ROUNDS);
  });

  test('a data channel carries bytes in both directions, but not through the relay', async () => {
    const page = await open('empty');
    await page.evaluate(`(async () => {
      const { createRoom, joinRoom } = await import('${relay.http}/client.js');
      const room = await createRoom('${relay.http}');
      const me = await joinRoom('${relay.http}', room.code);
      const opened = new Promise((resolve) => room.on('channel', (_player, channel) => resolve(channel)));
      window.ends = [await me.openChannel(), await opened];
      for (const end of window.ends) end.binaryType = 'arraybuffer';
    })()`);
    const before = await relayed();
    const received = await page.evaluate<number[][][]>(`(async () => {
      const all = (end) => new Promise((resolve) => {
        const received = [];
        end.onmessage = ({ data }) => {
          if (received.push([...new Uint8Array(data)]) === ${MESSAGES}) resolve(received);
        };
      });
      const [player, host] = window.ends;
      const received = [all(host), all(player)];
      for (let n = 0; n < ${MESSAGES}; n++) {
        player.send(Uint8Array.of(n, 255));
        host.send(Uint8Array.of(254, n, 0));
      }
      return Promise.all(received);
    })()`);
    const numbers = Array.from({ length: MESSAGES }, (_, n) => n);
    expect(received).toEqual([numbers.map((n) => [n, 255]), numbers.map((n) => [254, n, 0])]);
    expect(await relayed()).toBeLessThan(before + MESSAGES);
  });

  test('a reloaded page keeps its seat, and a duplicated tab gets its own', async () => {
    const host = await open('examples/sdk/host.html', { relay: relay.http });
    await expect.poll(() => host.getByLabel('Room code').textContent()).toMatch(/^[A-Z]{4}$/);
    const code = (await host.getByLabel('Room code').textContent()) ?? '';
    const join = `import('${relay.http}/client.js').then(({ joinRoom }) => joinRoom('${relay.http}', '${code}')).then(() => true)`;
    const seatOf = async (page: Page): Promise<string> => {
      const connecting = page.waitForEvent('websocket');
      await page.evaluate(join);
      return new URL((await connecting).url()).searchParams.get('seat') ?? '';
    };

    const phone = await open('empty');
    const seat = await seatOf(phone);
    expect(seat).toMatch(/^[\w-]{16,64}$/);
    // On a busy machine, Chromium grants the first lock of a profile later than it opens a page.
    await phone.waitForFunction('navigator.locks.query().then(({ held }) => held.length === 1)');

    // As a browser's "duplicate tab" does, this copies sessionStorage.
    const opened = context.waitForEvent('page');
    await phone.evaluate('void window.open(location.href)');
    const duplicate = await opened;
    await duplicate.waitForLoadState();
    expect(await duplicate.evaluate<number>('sessionStorage.length')).toBe(1);
    const other = await seatOf(duplicate);
    expect(other).toMatch(/^[\w-]{16,64}$/);
    expect(other).not.toBe(seat);

    await phone.reload();
    expect(await seatOf(phone)).toBe(seat);
    await duplicate.reload();
    expect(await seatOf(duplicate)).toBe(other);
  });

  test('a page that only joins loads only player.js, and continues if rtc.js cannot be loaded', async () => {
    const requested: string[] = [];
    await context.route(/\/\w+\.js(\?|$)/, (route) => {
      requested.push(new URL(route.request().url()).pathname);
      return requested.at(-1) === '/rtc.js' ? route.abort() : route.continue();
    });
    const host = await createRoom(relay.http, { WebSocket });
    onTestFinished(() => host.stop());
    host.on('message', (player, data) => player.send(data));
    const phone = await open('empty');
    await phone.evaluate(`(async () => {
      const { joinRoom } = await import('${relay.http}/player.js');
      window.me = await joinRoom('${relay.http}', '${host.code}');
      window.echo = (text) => new Promise((resolve) => { me.on('message', resolve); me.send(text); });
    })()`);
    expect(await phone.evaluate("echo('one')")).toBe('one');
    expect(requested).toEqual(['/player.js']);
    const failure = await phone.evaluate('me.openChannel().catch(({ code }) => code)');
    expect([failure, requested]).toEqual(['notLoaded', ['/player.js', '/rtc.js']]);
    await phone.evaluate('me.openChannel().catch(() => {})');
    expect(requested).toEqual(['/player.js', '/rtc.js', '/rtc.js']);
    expect(await phone.evaluate("echo('two')")).toBe('two');
    pageErrors.length = 0;
  });

  test('public lists of player.js work after lists.js could not be loaded at first', async () => {
    const requested: string[] = [];
    await context.route(/\/lists\.js(\?|$)/, (route) => {
      const isFirst = requested.push(route.request().url()) === 1;
      return isFirst ? route.abort() : route.continue();
    });
    const phone = await open('empty');
    const list = `import('${relay.http}/player.js')
      .then(({ listRooms }) => listRooms('${relay.http}', 'games'))
      .catch(({ code, retry, message }) => [code, retry, message])`;
    const failure = ['unreachable', 'yes', 'lists.js could not be loaded (1006)'];
    expect([await phone.evaluate(list), requested.length]).toEqual([failure, 1]);
    expect(await phone.evaluate(list)).toEqual([
      'unsupported',
      'no',
      'this relay has no lists (1010)',
    ]);
    pageErrors.length = 0;
  });

  test('joins from a page that is not a secure context, as in a home network', async () => {
    const page = await context.newPage();
    await page.route('http://192.168.7.7/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    );
    await page.route('http://192.168.7.7/client.js', (route) =>
      route.fulfill({
        path: new URL('dist/client.js', ROOT).pathname,
        contentType: 'text/javascript',
      }),
    );
    // Chromium does not let such a page use loopback addresses, so the test forwards its WebSockets.
    await page.routeWebSocket('ws://192.168.7.7/**', (socket) => {
      const { pathname, search } = new URL(socket.url());
      const upstream = new WebSocket(`${relay.http.replace('http', 'ws')}${pathname}${search}`);
      const opened = once(upstream, 'open');
      socket.onMessage((data) => void opened.then(() => upstream.send(data)));
      upstream.on('message', (data: Buffer, binary) =>
        socket.send(binary ? data : data.toString()),
      );
      upstream.on(
        'close',
        (code, reason) => void socket.close({ code, reason: reason.toString() }),
      );
    });
    await page.goto('http://192.168.7.7/');
    expect(await page.evaluate<boolean>('isSecureContext')).toBe(false);
    const id = await page.evaluate<number>(`(async () => {
      const { createRoom, joinRoom } = await import('http://192.168.7.7/client.js');
      const room = await createRoom(location.origin);
      return (await joinRoom(location.origin, room.code)).id;
    })()`);
    expect(id).toBe(1);
  });

  /** The number of messages that the relay has forwarded. */
  async function relayed(): Promise<number> {
    const text = await freshMetrics(relay.http);
    const lines = [...text.matchAll(/^lobby_relay_messages_total\{[^}]*\} (\d+)$/gm)];
    return lines.reduce((sum, [, count]) => sum + Number(count), 0);
  }
});
