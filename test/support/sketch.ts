import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { runAxe } from './axe.js';
import { newDevice, PHONE, TV } from './browser.js';

/** Where screenshots of a test go, if they are wanted: `SHOTS=/tmp/shots npx vitest run …`. */
const SHOTS = process.env['SHOTS'];

export type Theme = 'light' | 'dark';

/** One screen and phones, each in a browser context of its own, as they are devices of their own. */
export class Party {
  /** What no page may do: errors on its console, requests to anybody but the relay. */
  readonly complaints: string[];
  readonly #browser: Browser;
  readonly #origin: string;
  readonly #contexts: BrowserContext[];
  #time = Date.now();

  /**
   * @param origin of the relay
   * @param host whose guests these are, if they come another way
   */
  constructor(browser: Browser, origin: string, host?: Party) {
    this.#browser = browser;
    this.#origin = origin;
    this.complaints = host?.complaints ?? [];
    this.#contexts = host === undefined ? [] : host.#contexts;
  }

  /** Its clock stands still until `pass`: a busy machine has as long for a turn as it takes. */
  async screen(): Promise<Page> {
    const page = await this.#open({ viewport: TV });
    await page.clock.setFixedTime(this.#time);
    await page.goto(`${this.#origin}/sketch`);
    return page;
  }

  /** Lets so much time pass on the screen, where all clocks of the game are; in milliseconds. */
  async pass(screen: Page, milliseconds: number): Promise<void> {
    this.#time += milliseconds;
    await screen.clock.setFixedTime(this.#time);
  }

  /** A phone that has come in with a name. */
  async phone(code: string, name: string): Promise<Page> {
    const page = await this.phoneAtDoor(code);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Play' }).click();
    return page;
  }

  /** The same, once it is told that it is in. */
  async guest(code: string, name: string): Promise<Page> {
    const page = await this.phone(code, name);
    await page.getByText('You are in!').waitFor();
    return page;
  }

  /** A phone that has scanned the code. */
  async phoneAtDoor(code: string): Promise<Page> {
    const page = await this.#open({ viewport: PHONE, hasTouch: true, isMobile: true });
    await page.goto(`${this.#origin}/sketch?code=${code}`);
    return page;
  }

  /** A phone whose owner types the code on the relay's front page. */
  async phoneFromFrontPage(code: string, name: string): Promise<Page> {
    const page = await this.#open({ viewport: PHONE, hasTouch: true, isMobile: true });
    await page.goto(this.#origin);
    await page.getByLabel('The four letters on the big screen').fill(code);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Play' }).click();
    return page;
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close();
  }

  async #open(options: Parameters<Browser['newContext']>[0]): Promise<Page> {
    const look = { reducedMotion: 'reduce', ...options } as const;
    const context = await newDevice(this.#browser, this.complaints, look);
    this.#contexts.push(context);
    const watch = (url: string): void => {
      if (new URL(url).host !== new URL(this.#origin).host) this.complaints.push(url);
    };
    context.on('request', (request) => watch(request.url()));
    const page = await context.newPage();
    page.on('websocket', (socket) => watch(socket.url()));
    return page;
  }
}

/** A way to the relay that can be cut: then nobody gets through, until it is mended. */
export interface Line {
  readonly origin: string;
  cut(): void;
  mend(): void;
  close(): void;
}

/** @param port where the relay is */
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

/** Holds a page as it is now against axe-core's rules, light and dark, and takes its picture. */
export async function inspect(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/sketch-${name}-${theme}.png` });
    expect(await violations(page), `${name}, ${theme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** What axe-core finds serious or critical. */
async function violations(page: Page): Promise<unknown[]> {
  const found = await runAxe(page);
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
}

/** Draws a line of the finger over the phone's sheet; coordinates from 0 to 1. */
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

/** The share of a canvas that is covered; an edge that is half there counts half. */
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

/** How many pixels clearly differ: an edge may be a shade softer. */
export function differing(one: readonly number[], other: readonly number[]): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return one.filter((value, pixel) => Math.abs(value - (other[pixel] ?? 0)) > 32).length;
}
