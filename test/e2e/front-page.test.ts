import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runAxe } from '../support/axe.js';
import { BROWSER_TIMEOUT, newDevice, PHONE, relayWithChromium, TV } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { Host } from '../support/clients.js';
import { needs } from '../support/tools.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('the front page', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();
  let context: BrowserContext;
  let hosts: Set<string>;
  let complaints: string[];

  beforeEach(() => {
    hosts = new Set();
    complaints = [];
  });

  /** No page may have contacted another host, or have logged an error. */
  afterEach(async () => {
    await context.close();
    expect([...hosts]).toEqual([new URL(relay.http).host]);
    expect(complaints).toEqual([]);
  });

  async function open(
    viewport: { width: number; height: number },
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<Page> {
    const look = { viewport, colorScheme };
    context = await newDevice(relay.browser, complaints, look, ['error', 'warning']);
    context.on('request', (request) => hosts.add(new URL(request.url()).host));
    const page = await context.newPage();
    await page.goto(relay.http);
    await page.getByText('This relay is up').waitFor();
    return page;
  }

  /** Lets the page query the relay again, as when it becomes visible. */
  async function look(page: Page): Promise<void> {
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  }

  /** A page of another origin, from a real server: other pages cannot use loopback addresses. */
  async function openElsewhere(body: string): Promise<Page> {
    const server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end(`<!doctype html><body>${body}`);
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const page = await context.newPage();
    await page.goto(`http://${host}/game`);
    hosts.delete(host);
    return page;
  }

  describe.each([
    ['a phone', PHONE],
    ['a TV', TV],
  ] as const)('on %s', (_where, viewport) => {
    test.each(['light', 'dark'] as const)(
      'fits, and is for everybody, in the %s',
      async (scheme) => {
        const page = await open(viewport, scheme);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(width).toBe(viewport.width);
        // On a dotted background and in pictures, axe cannot determine the contrast.
        await page.evaluate("document.body.style.backgroundImage = 'none'");
        const { violations, incomplete } = await runAxe(page, ['svg']);
        expect(violations.map(({ id, impact }) => `${impact}: ${id}`)).toEqual([]);
        expect(incomplete.map(({ id }) => id)).toEqual([]);
      },
    );
  });

  test('controls are large enough for a thumb', async () => {
    const page = await open(PHONE);
    for (const target of [
      page.getByRole('textbox'),
      page.getByRole('button', { name: 'Join' }),
      page.getByRole('link', { name: 'Play the demo on this screen' }),
      page.getByRole('button', { name: 'Copy' }),
    ]) {
      const box = await target.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(48);
      expect(box?.width).toBeGreaterThanOrEqual(48);
    }
  });

  test('shows the game of a code, by keyboard alone', async () => {
    const host = await Host.open(relay.url, { name: 'Trivia', maxPlayers: 5 });
    const page = await open(PHONE);
    await page.keyboard.press('Tab');
    await page.keyboard.type(host.code.toLowerCase());
    await page.keyboard.press('Enter');
    await page.getByText(`${host.code} is “Trivia”: 0 of 5 players`).waitFor();
    await page.keyboard.type('x');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Join');
    host.socket.terminate();
  });

  test('shows that no room has a code', async () => {
    const page = await open(PHONE);
    await page.getByLabel('The code on the big screen').fill('bbbb');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('No room has the code BBBB.').waitFor();
    // The browser reports every 404.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('404')]);
  });

  test.each([502, 200])(
    'shows that a proxy answers in place of the relay, by %i',
    async (status) => {
      const page = await open(PHONE);
      await page.route('**/BBBB?*', (route) =>
        route.fulfill({ status, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
      );
      await page.getByLabel('The code on the big screen').fill('bbbb');
      await page.getByRole('button', { name: 'Join' }).click();
      await page.getByText('This relay is not working.').waitFor();
      // The browser reports a status of 400 or more.
      if (status >= 400) expect(complaints.splice(0)).toEqual([expect.stringContaining('502')]);
    },
  );

  test("leads the demo's players to the demo", async () => {
    const host = await Host.open(relay.url, { name: 'Sketch and guess' });
    const page = await open(PHONE);
    await page.getByLabel('The code on the big screen').fill(host.code);
    await page.route('**/sketch?*', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    );
    await page.getByRole('button', { name: 'Join' }).click();
    await page.waitForURL(`${relay.http}/sketch?code=${host.code}`);
    host.socket.terminate();
  });

  test('takes a code with a space before it', async () => {
    const page = await open(PHONE);
    const field = page.getByLabel('The code on the big screen');
    await field.focus();
    await page.keyboard.type(' bbbbbbbbb');
    expect(await field.inputValue()).toBe('bbbbbbbb');
    await page.keyboard.press('Enter');
    await page.getByText('No room has the code BBBBBBBB.').waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining('404')]);
  });

  test('shows the demo without scrolling on a laptop', async () => {
    const page = await open({ width: 1280, height: 720 });
    const box = await page
      .getByRole('link', { name: 'Play the demo on this screen' })
      .boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(720);
  });

  test.each([
    [
      'is shutting down',
      { status: 503, json: { status: 'draining' } },
      'Shutting down: no new rooms',
    ],
    [
      'is overloaded',
      { status: 503, json: { status: 'overloaded' } },
      'Overloaded: no new rooms or players',
    ],
    [
      'is behind a proxy that cannot reach it',
      { status: 502, body: '<h1>Bad' },
      'This relay is not working',
    ],
    [
      'has been replaced by something else',
      { status: 200, body: '<h1>Hi' },
      'This relay is not working',
    ],
  ])('shows that the relay %s, and when it is up again', async (_what, answer, text) => {
    const page = await open(PHONE);
    await page.route('**/ready', (route) => route.fulfill(answer));
    await look(page);
    await page.getByText(text, { exact: true }).waitFor();
    expect(await page.getByText('This relay is up').isVisible()).toBe(false);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBe(PHONE.width);
    await page.unroute('**/ready');
    await look(page);
    await page.getByText('This relay is up').waitFor();
    // The browser reports every 5xx.
    for (const each of complaints.splice(0)) expect(each).toMatch(/50[23]/);
  });

  test('shows no state before the relay has answered', async () => {
    const page = await open(TV);
    const held: (() => void)[] = [];
    await page.route('**/ready', (route) => held.push(() => void route.continue()));
    await page.reload();
    await page.getByText('Checking this relay…').waitFor();
    expect(await page.getByText('This relay is up').isVisible()).toBe(false);
    expect(await page.content()).not.toContain('This relay is up');
    for (const release of held) release();
    await page.getByText('This relay is up').waitFor();
  });

  test('shows the newest answer, whichever arrives last', async () => {
    const page = await open(TV);
    const held: (() => void)[] = [];
    await page.route('**/ready', (route) => {
      if (held.length === 0) held.push(() => void route.fulfill({ json: { status: 'ok' } }));
      else void route.fulfill({ status: 503, json: { status: 'draining' } });
    });
    await look(page);
    await expect.poll(() => held.length).toBe(1);
    await look(page);
    await page.getByText('Shutting down').waitFor();
    const late = page.waitForResponse((response) => response.ok());
    held[0]?.();
    await late;
    await page.evaluate('new Promise((done) => setTimeout(done))');
    expect(await page.getByText('Shutting down').isVisible()).toBe(true);
    expect(complaints.splice(0)).toEqual([expect.stringContaining('503')]);
  });

  test('shows when the relay does not answer', async () => {
    const page = await open(TV);
    await context.setOffline(true);
    await page.getByText('This relay is not responding').waitFor();
    // One error for each query of the page.
    expect(complaints).not.toEqual([]);
    for (const each of complaints.splice(0)) expect(each).toContain('ERR_INTERNET_DISCONNECTED');
  });

  test('has code that opens a room when it is copied into a page elsewhere', async () => {
    const page = await open(TV);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: relay.http });
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const code = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(code).toMatch(/^<script type="module">/);
    expect(code).toContain(`from '${relay.http}/client.js'`);

    const elsewhere = await openElsewhere(code);
    await elsewhere.getByText(/^Join with [A-Z]{4}$/).waitFor();
  });

  test("the README's host opens a room, and its phone joins", async () => {
    await open(TV);
    const [, script = ''] = /```html\n([\s\S]+?)```/.exec(README) ?? [];
    const game = await openElsewhere(script.replaceAll('http://localhost:8081', relay.http));
    const shown = await game.getByText(/Join with [A-Z]{4}/).innerText();
    const code = shown?.match(/[A-Z]{4}$/)?.[0];
    const [, join = ''] = /`(const me = await joinRoom.+?)`/.exec(README) ?? [];
    const phone = await openElsewhere(`<script type="module">
      import { joinRoom } from '${relay.http}/client.js';
      const code = '${code}';
      ${join.replace('http://localhost:8081', relay.http)};
      me.on('message', (text) => document.body.append(text));
    </script>`);
    await phone.getByText('welcome').waitFor();
  });

  test('may connect to its own relay, also by WebSocket, and to no other host', async () => {
    const page = await open(TV);
    const connect = (to: string) =>
      page.evaluate<string>(`new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          resolve(event.effectiveDirective);
        });
        const socket = new WebSocket('${to}/BBBB');
        socket.onclose = ({ code }) => resolve(String(code));
      })`);
    expect(await connect(relay.url)).toBe('4004');
    expect(await connect('ws://192.0.2.1')).toBe('connect-src');
    expect(complaints.splice(0)).toEqual([expect.stringContaining('Content Security Policy')]);
  });
});
