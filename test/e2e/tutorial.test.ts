import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT, newDevice } from '../support/browser.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';

const TUTORIAL = new URL('../../docs/tutorial.md', import.meta.url);

/** The documents in the tutorial, by the names under which a reader saves them. */
function documents(relay: string): Map<string, string> {
  const text = readFileSync(TUTORIAL, 'utf8').replaceAll('http://localhost:8081', relay);
  const found = text.matchAll(/Save this as `(\w+\.html)`:\n\n```html\n([\s\S]+?)```/g);
  return new Map([...found].map(([, name = '', code = '']) => [name, code]));
}

test("the tutorial's buzzer works", needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), async () => {
  const { http } = await startRelay();
  const files = documents(http);
  expect([...files.keys()]).toEqual(['screen.html', 'phone.html']);
  const server = createServer(({ url = '' }, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(files.get(url.slice(1)) ?? '<!doctype html>');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const complaints: string[] = [];
  async function open(name: string) {
    const context = await newDevice(browser, complaints, {}, []);
    const page = await context.newPage();
    await page.goto(`${origin}/${name}`);
    return page;
  }

  const screen = await open('screen.html');
  const code = screen.locator('output');
  await expect.poll(() => code.textContent()).toMatch(/^[A-Z]{4}$/);
  const phones = [];
  for (const name of ['Ada', 'Ben']) {
    const phone = await open('phone.html');
    await phone.getByLabel('Name').fill(name);
    await phone.getByLabel('Code').fill('AAAA');
    await phone.getByRole('button', { name: 'Join' }).click();
    await phone.getByText('Cannot join: no such room').waitFor();
    // With a trailing space, which keyboards of phones add.
    await phone.getByLabel('Code').fill(`${await code.textContent()} `);
    await phone.getByRole('button', { name: 'Join' }).click();
    await phone.getByText('Press!').waitFor();
    phones.push(phone);
  }
  const [ada, ben] = phones;
  if (ada === undefined || ben === undefined) throw new Error('nobody is there');

  await ben.getByRole('button', { name: 'Buzz!' }).click();
  for (const page of [screen, ada, ben]) await page.getByText('Ben was first!').waitFor();
  // Too late: the next event shows that it had no effect.
  await ada.getByRole('button', { name: 'Buzz!' }).click();
  await screen.getByRole('button', { name: 'Next question' }).click();
  await ben.getByText('Press!').waitFor();
  await ada.getByRole('button', { name: 'Buzz!' }).click();
  for (const page of [screen, ada, ben]) await page.getByText('Ada was first!').waitFor();
  expect(complaints).toEqual([]);
});
