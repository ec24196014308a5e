import type { Browser, Page } from 'puppeteer-core';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { FIREFOX, launchFirefox, newFirefoxPage, type Preferences } from '../support/firefox.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';

describe('the demo in Firefox', needs(FIREFOX, { timeout: BROWSER_TIMEOUT }), () => {
  let complaints: string[];

  /** A Firefox, and a relay. */
  async function launch(preferences?: Preferences): Promise<{ http: string; browser: Browser }> {
    complaints = [];
    const { http } = await startRelay();
    const browser = await launchFirefox(preferences);
    onTestFinished(() => browser.close());
    return { http, browser };
  }

  beforeAll(() => {
    complaints = [];
  });

  afterEach(() => {
    // A relay on loopback has no network address, and answers with 404.
    expect(complaints.filter((each) => !each.includes('404'))).toEqual([]);
  });

  async function openScreen(
    browser: Browser,
    http: string,
  ): Promise<{ screen: Page; code: string }> {
    const screen = await newFirefoxPage(browser, complaints);
    await screen.setViewport({ width: 1280, height: 720 });
    await screen.goto(`${http}/sketch`);
    await screen.waitForSelector('.tile');
    return { screen, code: await textOf(screen, '#code-tiles') };
  }

  async function join(browser: Browser, http: string, code: string, name: string): Promise<Page> {
    const phone = await newFirefoxPage(browser, complaints);
    await phone.setViewport({ width: 360, height: 640 });
    await phone.goto(`${http}/sketch?code=${code}`);
    await phone.locator('#name').fill(name);
    await press(phone, '#join-button');
    await says(phone, 'You are in!');
    return phone;
  }

  test.each<[string, Preferences]>([['as it comes', {}]])(
    'plays a turn, %s',
    async (_how, preferences) => {
      const { http, browser } = await launch(preferences);
      const { screen, code } = await openScreen(browser, http);
      const ada = await join(browser, http, code, 'Ada');
      const ben = await join(browser, http, code, 'Ben');
      await press(ben, '#phone-start');
      await ada.waitForSelector('#words button');
      const word = await textOf(ada, '#words button');
      await press(ada, '#words button');
      await says(ben, 'Ada draws. What is it?');
      // The field stays visible above a keyboard, and the sheet fits a phone in landscape.
      await ben.setViewport({ width: 667, height: 200 });
      await ada.setViewport({ width: 667, height: 375 });
      expect(await bottomOf(ben, '#guess')).toBeLessThanOrEqual(200);
      expect(await bottomOf(ada, '#paper')).toBeLessThanOrEqual(375);
      expect(await bottomOf(ada, '#clear')).toBeLessThanOrEqual(375);
      await ben.type('#guess', `${word}s\n`);
      await says(ben, 'Close!');
      await ben.type('#guess', `${word}\n`);
      await says(ada, 'You drew this word.');
      await press(screen, '#finish');
      await press(screen, '#end-yes');
      await says(ben, 'You win!');
    },
  );

  test('holds the vote for the best drawing, with an audience', async () => {
    const { http, browser } = await launch();
    const { screen, code } = await openScreen(browser, http);
    const ada = await join(browser, http, code, 'Ada');
    const ben = await join(browser, http, code, 'Ben');
    const eve = await newFirefoxPage(browser, complaints);
    await eve.setViewport({ width: 360, height: 640 });
    await eve.goto(`${http}/sketch?watch=${code}`);
    await says(eve, 'You are watching');
    await says(screen, '1 viewer');
    await screen.select('#rounds', '1');
    await press(ben, '#phone-start');
    for (const [drawer, guesser] of [
      [ada, ben],
      [ben, ada],
    ] as const) {
      await drawer.waitForSelector('#words button');
      const word = await textOf(drawer, '#words button');
      await press(drawer, '#words button');
      await drawLine(drawer);
      await guesser.bringToFront();
      await guesser.waitForSelector('#guess', { visible: true });
      await guesser.type('#guess', `${word}\n`);
    }
    for (const page of [screen, ada, ben, eve]) await says(page, 'Which drawing is the best?');
    await press(eve, '#ballot button');
    await press(ben, '#ballot button');
    await says(screen, '2 votes');
    await press(screen, '#count');
    await says(screen, 'by Ada, 2 votes');
    await says(eve, 'Best drawing:');
  });
});

/** Draws with the mouse, and waits until it is painted and sent. */
async function drawLine(page: Page): Promise<void> {
  await page.waitForSelector('#paper', { visible: true });
  const box = await (await page.$('#paper'))?.boundingBox();
  if (!box) throw new Error('there is no sheet');
  const { x, y, width, height } = box;
  await page.mouse.move(x + width * 0.2, y + height * 0.2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.8, y + height * 0.8);
  await page.mouse.up();
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
}

async function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent ?? '');
}

async function bottomOf(page: Page, selector: string): Promise<number> {
  return page.$eval(selector, (element) => element.getBoundingClientRect().bottom);
}

/** Brings the page to the front: in a background tab, Firefox delays layout, for which puppeteer waits. */
async function press(page: Page, selector: string): Promise<void> {
  await page.bringToFront();
  await page.locator(selector).click();
}

/** Waits until this can be read on the page. */
async function says(page: Page, text: string): Promise<void> {
  await page.waitForFunction(`document.body.innerText.includes(${JSON.stringify(text)})`);
}
