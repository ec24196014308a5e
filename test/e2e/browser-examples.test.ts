import { once } from 'node:events';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import { BROWSER_TIMEOUT, newDevice, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { needs } from '../support/tools.js';

const EXAMPLES = new URL('../../examples/browser/', import.meta.url);
const BIG_SCREEN = { viewport: { width: 1280, height: 720 } };
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true };

/** The parts of the DOM that functions in a page need: this project has no DOM types. */
declare const document: {
  querySelector(selector: string): {
    width: number;
    height: number;
    getContext(kind: '2d'): {
      getImageData(x: number, y: number, width: number, height: number): { data: Uint8Array };
    };
  };
};

describe('the browser examples', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();
  let bigScreen: BrowserContext;
  let phones: BrowserContext;
  /** Errors on the pages' consoles, and requests to hosts other than the relay. */
  let complaints: string[];

  beforeEach(async () => {
    complaints = [];
    bigScreen = await newContext(BIG_SCREEN);
    phones = await newContext(PHONE);
  });

  afterEach(async () => {
    await phones.close();
    await bigScreen.close();
    expect(complaints).toEqual([]);
  });

  async function newContext(options: BrowserContextOptions): Promise<BrowserContext> {
    const context = await newDevice(relay.browser, complaints, options);
    context.on('request', (request) => {
      if (!request.url().startsWith(EXAMPLES.href)) complaints.push(request.url());
    });
    context.on('page', (page) => {
      page.on('websocket', (socket) => {
        if (!socket.url().startsWith(`${relay.url}/`)) complaints.push(socket.url());
      });
    });
    return context;
  }

  async function open(context: BrowserContext, file: string, query = {}): Promise<Page> {
    const page = await context.newPage();
    const url = new URL(file, EXAMPLES);
    url.search = new URLSearchParams({ relay: relay.url, ...query }).toString();
    await page.goto(url.href);
    return page;
  }

  async function openHost(players = 3): Promise<{ host: Page; code: string }> {
    const host = await open(bigScreen, 'host.html', { players: String(players) });
    await host.getByText(`Open · 0 of ${players} players`).waitFor();
    const code = (await host.getByLabel('Room code').textContent()) ?? '';
    expect(code).toMatch(/^[A-Z]{4}$/);
    return { host, code };
  }

  /** A phone that has typed the code and pressed Join; it may still be refused. */
  async function knock(code: string, name: string): Promise<Page> {
    const phone = await open(phones, 'player.html');
    await phone.getByLabel('Code on the big screen').fill(code.toLowerCase());
    await phone.getByLabel('Your name').fill(name);
    await phone.getByRole('button', { name: 'Join' }).click();
    return phone;
  }

  async function join(code: string, name: string): Promise<Page> {
    const phone = await knock(code, name);
    await phone.locator('#pad').waitFor();
    return phone;
  }

  test('play a round with three players from the code to the end', async () => {
    const { host, code } = await openHost();
    const players = host.getByRole('list', { name: 'Players' });
    const ada = await join(code, 'Ada');
    const grace = await join(code, 'Grace');
    const linus = await join(code, 'Linus');
    for (const name of ['Ada', 'Grace', 'Linus']) await players.getByText(name).waitFor();
    await host.getByText('Full · 3 of 3 players').waitFor();

    await ada.getByLabel('Shout something').fill('that is a fish <b>!</b>');
    await ada.getByRole('button', { name: 'Shout' }).click();
    await players.getByText('that is a fish <b>!</b>').waitFor();

    const color = await colorOf(grace);
    expect(color).not.toBe(await colorOf(ada));
    expect(await inkOn(host, color)).toBe(0);
    await drawWithFinger(grace);
    await waitForInk(host, color, 0.6);
    await waitForInk(grace, color, 0.6);
    expect(await inkOn(ada, color)).toBe(0);

    await host.getByLabel('Message to all phones').fill('Draw a cat!');
    await host.getByRole('button', { name: 'Tell' }).click();
    for (const phone of [ada, grace, linus]) await phone.getByText('Draw a cat!').waitFor();

    await host.getByRole('button', { name: 'Clear wall' }).click();
    await waitForNoInk(grace, color);
    await waitForNoInk(host, color);

    await host.getByRole('button', { name: 'End game' }).click();
    for (const page of [host, ada, grace, linus]) await page.getByText('game is over').waitFor();
  });

  test('show that the room is full, and accept the next player when a seat is free', async () => {
    const { host, code } = await openHost();
    await join(code, 'Ada');
    await join(code, 'Grace');
    await join(code, 'Linus');
    const fourth = await knock(code, 'Ken');
    await fourth.getByText('The room is full.').waitFor();

    await host.getByRole('button', { name: 'Kick Grace' }).click();
    await host.getByText('Open · 2 of 3 players').waitFor();
    await fourth.getByRole('button', { name: 'Try again' }).click();
    await host.getByRole('list', { name: 'Players' }).getByText('Ken').waitFor();
    await fourth.locator('#pad').waitFor();
  });

  test('notify only the kicked player of a kick', async () => {
    const { host, code } = await openHost();
    const ada = await join(code, 'Ada');
    const grace = await join(code, 'Grace');
    await host.getByRole('button', { name: 'Kick Ada' }).click();
    await ada.getByText('The host removed you').waitFor();
    await host.getByText('Open · 1 of 3 players').waitFor();
    expect(await grace.locator('#pad').isVisible()).toBe(true);

    await ada.getByRole('button', { name: 'Enter a code' }).click();
    expect(await ada.getByLabel('Your name').inputValue()).toBe('Ada');
  });

  test('stop joining at the start, and allow it again', async () => {
    const { host, code } = await openHost();
    await join(code, 'Ada');
    await host.getByRole('button', { name: 'Start' }).click();
    await host.getByText('Started · 1 of 3 players').waitFor();
    const late = await knock(code, 'Grace');
    await late.getByText('already started').waitFor();

    await host.getByRole('button', { name: 'Accept players' }).click();
    await host.getByText('Open · 1 of 3 players').waitFor();
    await late.getByRole('button', { name: 'Enter a code' }).click();
    await late.getByRole('button', { name: 'Join' }).click();
    await late.locator('#pad').waitFor();
  });

  test('show on phones that the big screen was disconnected', async () => {
    const { host, code } = await openHost();
    const ada = await join(code, 'Ada');
    const grace = await join(code, 'Grace');
    await host.close();
    for (const phone of [ada, grace])
      await phone.getByText('The big screen was disconnected').waitFor();
  });

  test('play again in a new room, joined by its link', async () => {
    const { host, code } = await openHost();
    await host.getByRole('button', { name: 'End game' }).click();
    await host.getByRole('button', { name: 'Open a new room' }).click();
    await host.getByText('Open · 0 of 3 players').waitFor();
    const nobody = await knock(code, 'Ada');
    await nobody.getByText('No game has this code.').waitFor();

    const opened = bigScreen.waitForEvent('page');
    await host.getByRole('link', { name: 'player.html' }).click();
    const player = await opened;
    await player.getByLabel('Your name').fill('Ada');
    await player.keyboard.press('Enter');
    await host.getByRole('list', { name: 'Players' }).getByText('Ada').waitFor();
  });

  test('accept a code with spaces around it, and refuse words', async () => {
    const { code } = await openHost();
    const pasted = await open(phones, 'player.html', { code: ` ${code} ` });
    await pasted.getByLabel('Your name').fill('Ada');
    await pasted.getByRole('button', { name: 'Join' }).click();
    await pasted.locator('#pad').waitFor();

    const word = await open(phones, 'player.html', { code: 'create' });
    let sockets = 0;
    word.on('websocket', () => sockets++);
    await word.getByLabel('Your name').fill('Ada');
    await word.getByRole('button', { name: 'Join' }).click();
    expect(await word.evaluate("document.getElementById('code').validity.valid")).toBe(false);
    await word.getByLabel('Code on the big screen').fill(` ${code}`);
    await word.getByRole('button', { name: 'Join' }).click();
    await word.locator('#pad').waitFor();
    expect(sockets).toBe(1);
  });

  test('can be drawn on with the keyboard alone', async () => {
    const { host, code } = await openHost();
    const ada = await join(code, 'Ada');
    await ada.locator('#pad').press('ArrowRight');
    await waitForInk(host, await colorOf(ada));
  });

  test('ignore invalid messages from a phone', async () => {
    const { host, code } = await openHost();
    const ada = await join(code, 'Ada');
    const stranger = new WebSocket(`${relay.url}/${code}`);
    await once(stranger, 'message');
    for (const text of ['', '{', 'null', '[]', '{"type":"shout"}', '{"type":"name","text":" "}']) {
      stranger.send(text);
    }
    for (const bytes of [[], [1], [2, 0, 0], [3], [255, 1, 2, 3, 4]]) {
      stranger.send(Uint8Array.from(bytes));
    }
    stranger.send('{"type":"shout","text":"that was all"}');
    const seat = host.getByRole('listitem').filter({ hasText: 'that was all' });
    await seat.getByText('Player 2').waitFor();
    stranger.close();
    await seat.waitFor({ state: 'detached' });

    await drawWithFinger(ada);
    await waitForInk(host, await colorOf(ada));
  });

  test('have a text for every close reason, and retry as the relay recommends', async () => {
    const page = await open(phones, 'player.html');
    const sentences =
      await page.evaluate<Record<number, { again: boolean }>>('Relay.CLOSE_MESSAGES');
    // Only Bellhop's clients are closed for binary messages, only hosts that ask for it leave a room, and
    // only clients that say so go to another relay.
    const { textOnly: _, left: __, elsewhere: ___, ...reasons } = CLOSE_REASONS;
    for (const { code, reason, retry } of Object.values(reasons)) {
      expect(sentences[code]?.again, `${code} ${reason}`).toBe(retry !== 'no');
    }
  });
});

/** The colour that the host has given to a player. */
function colorOf(phone: Page): Promise<string> {
  return phone.evaluate<string>(`document.body.style.getPropertyValue('--pen')`);
}

/**
 * Draws a line of 0.6 of the pad's height with real touches, which the browser would use for scrolling if
 * the page allowed it.
 */
async function drawWithFinger(phone: Page): Promise<void> {
  // In a background tab, Chromium handles touches only occasionally.
  await phone.bringToFront();
  const box = await phone.locator('#pad').boundingBox();
  if (box === null) throw new Error('the pad cannot be seen');
  const finger = await phone.context().newCDPSession(phone);
  const touch = (type: 'touchStart' | 'touchMove', at: number) =>
    finger.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: [{ x: box.x + box.width / 2, y: box.y + box.height * at }],
    });
  await touch('touchStart', 0.2);
  for (const at of [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]) await touch('touchMove', at);
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

function inkOn(page: Page, color: string): Promise<number> {
  return page.evaluate(heightOfInk, color);
}

async function waitForInk(page: Page, color: string, height = 0): Promise<void> {
  await page.waitForFunction(`(${heightOfInk})('${color}') > ${height}`);
}

async function waitForNoInk(page: Page, color: string): Promise<void> {
  await page.waitForFunction(`(${heightOfInk})('${color}') === 0`);
}

/** Runs in the page: the share of the canvas, from top to bottom, with lines of this `#rrggbb`. */
function heightOfInk(color: string): number {
  const canvas = document.querySelector('canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const rgb = Number.parseInt(color.slice(1), 16);
  const [red, green, blue] = [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
  const rows = new Set<number>();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) {
      rows.add(Math.floor(at / 4 / canvas.width));
    }
  }
  return rows.size / canvas.height;
}
