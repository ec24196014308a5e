// Takes docs/sketch.webp, the README's picture, from a real game: a relay, a big screen and phones in
// the middle of a turn. Needs `npm run build`, and a Chromium (`CHROMIUM`, or Debian's).

import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { createRelay } from '../dist/index.js';

const TARGET = new URL('../docs/sketch.webp', import.meta.url);
const QUALITY = 0.85;
const MOST_BYTES = 300_000;
/** A host name as in a home network. The browser is configured to resolve it. */
const HOST = 'games.lan';
const TV = { width: 1600, height: 900 };
const PHONE = { width: 360, height: 720 };
const WORD = 'alarm clock';

const relay = createRelay({ host: '127.0.0.1', port: 0 });
const { port } = await relay.listen();
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
});

try {
  const screen = await open('sketch', TV);
  const code = await screen.locator('#code-tiles').textContent();
  const ada = await join(code, 'Ada');
  const guessers = [await join(code, 'Ben'), await join(code, 'Cleo'), await join(code, 'Dan')];
  await screen.getByRole('button', { name: 'Start' }).click();
  await ada.getByRole('button', { name: WORD }).click();
  await drawClock(ada);
  await guess(guessers[0], 'a pizza?');
  await guess(guessers[2], 'a bear');
  await guess(guessers[1], WORD);
  await screen.locator('#guesses .is-right').waitFor();
  const pictures = [await screen.screenshot(), await ada.screenshot()];
  const bytes = await compose(...pictures.map((png) => png.toString('base64')));
  if (bytes.length > MOST_BYTES) throw new Error(`${bytes.length} bytes are too many`);
  writeFileSync(TARGET, bytes);
  console.log(`docs/sketch.webp: ${bytes.length} bytes`);
} finally {
  await browser.close();
  await relay.close();
}

/**
 * @param {string} path
 * @param {{ width: number, height: number }} viewport
 */
async function open(path, viewport) {
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor: viewport === PHONE ? 2 : 1,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  // Without shuffling, the words are always the first of the list.
  await page.addInitScript('Math.random = () => 0.999');
  await page.goto(`http://${HOST}:${port}/${path}`);
  await page.locator('.tile, #name').first().waitFor();
  return page;
}

/**
 * @param {string | null} code
 * @param {string} name
 */
async function join(code, name) {
  const phone = await open(`sketch?code=${code}`, PHONE);
  await phone.getByLabel('Your name').fill(name);
  await phone.getByRole('button', { name: 'Play' }).click();
  await phone.getByText('You are in!').waitFor();
  return phone;
}

/**
 * @param {import('playwright-core').Page | undefined} phone
 * @param {string} text
 */
async function guess(phone, text) {
  await phone?.getByLabel('Your guess', { exact: true }).fill(text);
  await phone?.getByLabel('Your guess', { exact: true }).press('Enter');
}

/** @param {import('playwright-core').Page} phone */
async function drawClock(phone) {
  const body = circle(0.5, 0.55, 0.28);
  await stroke(phone, 'Red', 'Thick', circle(0.3, 0.25, 0.07, 0.4, 0.95));
  await stroke(phone, 'Red', 'Thick', circle(0.7, 0.25, 0.07, 0.55, 1.1));
  await stroke(phone, 'Brown', 'Medium', [
    [0.34, 0.79],
    [0.28, 0.88],
  ]);
  await stroke(phone, 'Brown', 'Medium', [
    [0.66, 0.79],
    [0.72, 0.88],
  ]);
  await stroke(phone, 'Sky', 'Thick', body);
  await stroke(phone, 'Ink', 'Medium', [
    [0.5, 0.38],
    [0.5, 0.55],
    [0.62, 0.62],
  ]);
  for (const [x, y] of [
    [0.5, 0.34],
    [0.71, 0.55],
    [0.5, 0.76],
    [0.29, 0.55],
  ]) {
    await stroke(phone, 'Ink', 'Medium', [[x ?? 0, y ?? 0]]);
  }
  await stroke(phone, 'Orange', 'Thin', circle(0.87, 0.3, 0.05, 0.8, 1.2));
  await stroke(phone, 'Orange', 'Thin', circle(0.9, 0.3, 0.1, 0.8, 1.2));
  await stroke(phone, 'Orange', 'Thin', circle(0.13, 0.3, 0.05, 0.3, 0.7));
  await stroke(phone, 'Orange', 'Thin', circle(0.1, 0.3, 0.1, 0.3, 0.7));
}

/**
 * Points of a circle drawn by a shaky hand, from one angle to another, in turns.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @returns {number[][]}
 */
function circle(x, y, radius, from = 0, to = 1.03) {
  const steps = 40;
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = 2 * Math.PI * (from + ((to - from) * step) / steps);
    const shaky = radius * (1 + 0.025 * Math.sin(3 * angle + step / 9));
    return [x + shaky * Math.cos(angle), y + shaky * Math.sin(angle)];
  });
}

/**
 * @param {import('playwright-core').Page} phone
 * @param {string} colour
 * @param {string} width
 * @param {number[][]} points from 0 to 1
 */
async function stroke(phone, colour, width, points) {
  for (const tool of [colour, width]) {
    const name = new RegExp(`^${tool}$`);
    await phone.locator('label').filter({ hasText: name }).click();
  }
  const box = await phone.locator('#paper').boundingBox();
  if (box === null) throw new Error('there is no sheet');
  const places = points.map(([x = 0, y = 0]) => [box.x + x * box.width, box.y + y * box.height]);
  const [first = [0, 0]] = places;
  await phone.mouse.move(first[0] ?? 0, first[1] ?? 0);
  await phone.mouse.down();
  for (const [x = 0, y = 0] of places) await phone.mouse.move(x, y);
  await phone.mouse.up();
}

/**
 * The screen with a phone in front of it, as WebP.
 *
 * @param {string[]} pictures PNG, base64
 */
async function compose(...pictures) {
  const page = await browser.newPage();
  const url = await page.evaluate(`(async () => {
    const [tv, phone] = await Promise.all(${JSON.stringify(pictures)}.map(async (png) => {
      const picture = new Image();
      picture.src = 'data:image/png;base64,' + png;
      await picture.decode();
      return picture;
    }));
    const canvas = document.createElement('canvas');
    canvas.width = 1620;
    canvas.height = 850;
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    const show = (picture, x, y, width, radius, frame) => {
      const height = (width * picture.height) / picture.width;
      context.fillStyle = '#221b16';
      context.beginPath();
      context.roundRect(x - frame, y - frame, width + 2 * frame, height + 2 * frame, radius + frame);
      context.fill();
      context.save();
      context.beginPath();
      context.roundRect(x, y, width, height, radius);
      context.clip();
      context.drawImage(picture, x, y, width, height);
      context.restore();
    };
    show(tv, 12, 12, 1340, 10, 12);
    show(phone, 1312, 250, 284, 26, 10);
    return canvas.toDataURL('image/webp', ${QUALITY});
  })()`);
  return Buffer.from(String(url).split(',')[1] ?? '', 'base64');
}
