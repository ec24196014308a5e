import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach, expect } from 'vitest';
import { runAxe } from './axe.js';
import { newDevice, PHONE, TV } from './browser.js';

/** The folder for screenshots of a test, if it is set: `SHOTS=shots npx vitest run …`. */
const SHOTS = process.env['SHOTS'];

export type Theme = 'light' | 'dark';

/** The code of the room that a screen has opened. */
export async function codeOn(screen: Page): Promise<string> {
  const tiles = screen.locator('#code-tiles');
  await expect.poll(() => tiles.textContent()).toMatch(/^[A-Z]{4}$/);
  return (await tiles.textContent()) ?? '';
}

/** The drawer chooses a word, which is returned. */
export async function chooseWord(phone: Page): Promise<string> {
  const button = phone.locator('#words button').first();
  const word = (await button.textContent()) ?? '';
  await button.click();
  await phone.getByText(`Draw ${word}`).waitFor();
  return word;
}

export async function guess(phone: Page, text: string): Promise<void> {
  await phone.getByLabel('Your guess', { exact: true }).fill(text);
  await phone.getByLabel('Your guess', { exact: true }).press('Enter');
}

/** Ends the game on the screen, and confirms it. */
export async function endGame(screen: Page): Promise<void> {
  await screen.getByRole('button', { name: 'End the game' }).click();
  await screen.getByRole('button', { name: 'End it' }).click();
}

/** Where the pages are opened. Read with each page, since it is known only when the tests run. */
interface Site {
  readonly browser: Browser;
  /** The origin of the relay. */
  readonly http: string;
}

/**
 * A party for the tests of the `describe` in which this is called. Each test begins without pages,
 * and fails if one of its pages had an error.
 */
export function partyOn(relay: Site): Party {
  const party = new Party(relay);
  afterEach(async () => {
    const complaints = [...party.complaints];
    await party.reset();
    expect(complaints).toEqual([]);
  });
  return party;
}

/** A screen with two players, of which Ada draws. */
export async function openTurn(party: Party, { guesser = 'Ben' } = {}) {
  const screen = await party.screen();
  const code = await codeOn(screen);
  const ada = await party.guest(code, 'Ada');
  const ben = await party.guest(code, guesser);
  await screen.getByRole('button', { name: 'Start' }).click();
  const word = await chooseWord(ada);
  await ben.getByText('Ada draws. What is it?').waitFor();
  return { screen, code, ada, ben, word };
}

/** One screen and phones, each in a separate browser context, like separate devices. */
export class Party {
  /** Errors on the pages' consoles, and requests to hosts other than the relay. None are allowed. */
  readonly complaints: string[];
  readonly #site: Site;
  readonly #contexts: BrowserContext[];
  #time = Date.now();

  constructor(site: Site, { complaints = [] as string[], contexts = [] as BrowserContext[] } = {}) {
    this.#site = site;
    this.complaints = complaints;
    this.#contexts = contexts;
  }

  /** Opens pages of the same party at another origin, such as that of a proxy. */
  at(origin: string): Party {
    const site = { browser: this.#site.browser, http: origin };
    return new Party(site, { complaints: this.complaints, contexts: this.#contexts });
  }

  /** Its clock advances only with `pass`, so that a turn lasts long enough on a busy machine. */
  async screen(script = ''): Promise<Page> {
    const page = await this.#open({ viewport: TV });
    await page.addInitScript(script);
    await page.clock.setFixedTime(this.#time);
    await page.goto(`${this.#site.http}/sketch`);
    return page;
  }

  /** Advances the clock of the screen, which has all timers of the game, by milliseconds. */
  async pass(screen: Page, milliseconds: number): Promise<void> {
    this.#time += milliseconds;
    await screen.clock.setFixedTime(this.#time);
  }

  /** A phone that has sent its name. */
  async phone(code: string, name: string, script = ''): Promise<Page> {
    const page = await this.phoneAtJoinForm(code, script);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Play' }).click();
    return page;
  }

  /** The same, when it has received the answer. */
  async guest(code: string, name: string, script = ''): Promise<Page> {
    const page = await this.phone(code, name, script);
    await page.getByText('You are in!').waitFor();
    return page;
  }

  /**
   * A phone that has scanned the code.
   *
   * @param script runs before the page's own scripts, to simulate another browser
   */
  async phoneAtJoinForm(code: string, script = ''): Promise<Page> {
    const page = await this.#open({ viewport: PHONE, hasTouch: true, isMobile: true });
    await page.addInitScript(script);
    await page.goto(`${this.#site.http}/sketch?code=${code}`);
    return page;
  }

  /** A phone that only watches. */
  async viewer(code: string): Promise<Page> {
    const page = await this.#open({ viewport: PHONE, hasTouch: true, isMobile: true });
    await page.goto(`${this.#site.http}/sketch?watch=${code}`);
    return page;
  }

  /** A phone whose owner types the code on the relay's front page. */
  async phoneFromFrontPage(code: string, name: string): Promise<Page> {
    const page = await this.#open({ viewport: PHONE, hasTouch: true, isMobile: true });
    await page.goto(this.#site.http);
    await page.getByLabel('The code on the big screen').fill(code);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Play' }).click();
    return page;
  }

  /** Browsers report failed connections themselves. */
  forgetFailedConnections(): void {
    const isOfLine = (text: string): boolean => /WebSocket connection to .* failed/.test(text);
    this.complaints.splice(0, Infinity, ...this.complaints.filter((each) => !isOfLine(each)));
  }

  /** Closes all pages, and forgets their errors. */
  async reset(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
    this.complaints.length = 0;
    this.#time = Date.now();
  }

  async #open(options: Parameters<Browser['newContext']>[0]): Promise<Page> {
    const look = { reducedMotion: 'reduce', ...options } as const;
    const context = await newDevice(this.#site.browser, this.complaints, look);
    this.#contexts.push(context);
    const watch = (url: string): void => {
      if (new URL(url).host !== new URL(this.#site.http).host) this.complaints.push(url);
    };
    context.on('request', (request) => watch(request.url()));
    const page = await context.newPage();
    page.on('websocket', (socket) => watch(socket.url()));
    return page;
  }
}

/** A proxy to the relay whose connections can be cut. No client gets through until it is restored. */
export interface Line {
  readonly origin: string;
  cut(): void;
  mend(): void;
  close(): void;
}

/** @param port the relay's port */
export async function openLine(port: string): Promise<Line> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((inner) => {
    if (isCut) return void inner.destroy();
    const outer = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => {
      isCut = false;
    },
    close: () => {
      cut();
      server.close();
    },
  };
}

/** Checks the current state of a page with axe-core, light and dark, and takes screenshots. */
export async function inspect(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/sketch-${name}-${theme}.png` });
    expect(await violations(page), `${name}, ${theme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The findings of axe-core that are serious or critical. */
async function violations(page: Page): Promise<unknown[]> {
  const found = await runAxe(page);
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
}

/** Draws a line on the phone with a finger; coordinates from 0 to 1. */
export async function draw(
  phone: Page,
  points: readonly (readonly [number, number])[],
): Promise<void> {
  const box = await phone.getByRole('img', { name: 'Your drawing' }).boundingBox();
  if (box === null) throw new Error('there is no sheet');
  const touch = await phone.context().newCDPSession(phone);
  const at = ([x, y]: readonly [number, number]) => [
    { x: box.x + x * box.width, y: box.y + y * box.height },
  ];
  const [first = [0, 0], ...others] = points;
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(first) });
  for (const point of others) {
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(point) });
  }
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await touch.detach();
  // A frame later it is painted and sent.
  await phone.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
}

/** A circle, or a part of it, from one angle to another, in turns. */
export function arc(
  [x, y]: readonly [number, number],
  radius: number,
  from = 0,
  to = 1,
): [number, number][] {
  const steps = 80;
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = 2 * Math.PI * (from + ((to - from) * step) / steps);
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

/** The covered share of a canvas; a half transparent edge counts half. */
export function inked(page: Page, id: string): Promise<number> {
  return page.evaluate(`{
    const canvas = document.getElementById('${id}');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let index = 3; index < data.length; index += 4) count += data[index] / 255;
    count / (canvas.width * canvas.height);
  }`);
}

/** How covered each pixel of a canvas is, from 0 to 255. */
export function coverage(page: Page, id: string): Promise<number[]> {
  return page.evaluate(`{
    const canvas = document.getElementById('${id}');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    Array.from({ length: data.length / 4 }, (_, pixel) => data[pixel * 4 + 3]);
  }`);
}

/** How many pixels clearly differ. Slight differences at edges are ignored. */
export function differing(one: readonly number[], other: readonly number[]): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return one.filter((value, pixel) => Math.abs(value - (other[pixel] ?? 0)) > 32).length;
}
