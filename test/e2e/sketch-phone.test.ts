import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import {
  arc,
  chooseWord,
  codeOn,
  draw,
  endGame,
  guess,
  inked,
  inspect,
  openLine,
  openTurn,
  partyOn,
} from '../support/sketch.js';
import { needs } from '../support/tools.js';

/** Portrait and landscape, each also with a keyboard that covers half of the screen or more. */
const SHAPES = [
  { width: 360, height: 740 },
  { width: 320, height: 568 },
  { width: 667, height: 375 },
  { width: 320, height: 280 },
  { width: 667, height: 200 },
  { width: 568, height: 140 },
] as const;

/** The time after an unacknowledged message after which the SDK queries the host's status, in milliseconds. */
const NOTICED_AFTER = 6_000;

/** A Wake Lock API that reports its locks; with `refuses`, it throws. */
const wakeLock = (refuses: boolean): string => `
  window.locks = [];
  Object.defineProperty(navigator, 'wakeLock', { value: { request() {
    if (${refuses}) throw new DOMException('low battery', 'NotAllowedError');
    const lock = { released: false, async release() { this.released = true; } };
    window.locks.push(lock);
    return Promise.resolve(lock);
  } } });
  let visible = true;
  Object.defineProperty(document, 'visibilityState', { get: () => visible ? 'visible' : 'hidden' });
  window.setVisible = (value) => {
    visible = value;
    if (!value) for (const lock of window.locks) lock.released = true;
    document.dispatchEvent(new Event('visibilitychange'));
  };
`;

describe('a phone in the demo', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();
  const party = partyOn(relay);

  test('starts the game, and the next one, as soon as there are two', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    await ada.getByText('Waiting for more players…').waitFor();
    expect(await ada.getByRole('button', { name: 'Start the game' }).isVisible()).toBe(false);
    const ben = await party.guest(code, 'Ben');
    await inspect(ben, 'phone-start');
    await ben.getByRole('button', { name: 'Start the game' }).click();
    await ada.getByRole('heading', { name: 'Your turn!' }).waitFor();
    await endGame(screen);
    await inspect(ada, 'phone-again');
    await ada.getByRole('button', { name: 'Play again' }).click();
    await ada.getByRole('heading', { name: 'Your turn!' }).waitFor();
    expect(await ada.getByRole('button', { name: 'Play again' }).isVisible()).toBe(false);
  });

  test('the drawer is addressed in the second person', async () => {
    const { ada, ben, word } = await openTurn(party);
    await guess(ben, word);
    await ada.getByText('You drew this word.').waitFor();
    await ben.getByText('Ada drew this word.').waitFor();
  });

  test('a plural is close, which no other player sees', async () => {
    const { screen, ben, word } = await openTurn(party);
    await guess(ben, `${word}s`);
    await ben.locator('#answers').getByText('Close!').waitFor();
    // Not close to any word of the demo.
    await guess(ben, 'zzzz zzzz');
    await screen.locator('#guesses').getByText('zzzz zzzz').waitFor();
    expect(await screen.locator('#guesses > li').count()).toBe(1);
  });

  test.each(['create', 'BBB', 'BBBBBBBBB', '../x', 'B%3Fa'])(
    'is told that no room has the code %s, and joins nothing',
    async (code) => {
      const phone = await party.phoneAtJoinForm('BBBB');
      let sockets = 0;
      phone.on('websocket', () => sockets++);
      const { origin, pathname } = new URL(phone.url());
      await phone.goto(`${origin}${pathname}?code=${code}`);
      await phone.getByText('There is no room with this code.').waitFor();
      // The code must be typed again.
      expect(await phone.evaluate('document.activeElement.id')).toBe('code');
      await phone.getByLabel('Code on the big screen').fill('CREATE');
      await phone.getByLabel('Your name').fill('Ada');
      await phone.getByRole('button', { name: 'Play' }).click();
      await phone.waitForFunction("document.activeElement.id === 'code'");
      await phone.getByText('There is no room with this code.').waitFor();
      expect(sockets).toBe(0);
    },
  );

  test('takes a code with spaces in it, and in any case', async () => {
    const code = await codeOn(await party.screen());
    const phone = await party.phoneAtJoinForm('');
    const [first, ...others] = code.toLowerCase();
    await phone.getByLabel('Code on the big screen').fill(`  ${first} ${others.join('')} `);
    await phone.getByLabel('Your name').fill('Ada');
    await phone.keyboard.press('Enter');
    await phone.getByText('You are in!').waitFor();
    expect(new URL(phone.url()).searchParams.get('code')).toBe(code);
  });

  test.each([['   '], ['\u200b\u2060']])(
    'that gives the name %j is asked for one',
    async (blank) => {
      const code = await codeOn(await party.screen());
      const phone = await party.phone(code, blank);
      await phone.getByText('Type your name.').waitFor();
      // The field has the focus, and its content is selected.
      await phone.keyboard.type('Ada');
      await phone.keyboard.press('Enter');
      await phone.getByText('You are in!').waitFor();
    },
  );

  test('shows that the big screen is disconnected, until it reconnects', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const line = await openLine(new URL(relay.http).port);
    onTestFinished(() => line.close());
    const ada = await party.guest(code, 'Ada');
    const ben = await party.at(line.origin).phoneAtJoinForm(code);
    await ben.clock.install();
    await ben.getByLabel('Your name').fill('Ben');
    await ben.getByRole('button', { name: 'Play' }).click();
    await ben.getByRole('button', { name: 'Start the game' }).click();
    await chooseWord(ada);
    await ben.getByText('Ada draws. What is it?').waitFor();
    await ben.clock.fastForward(NOTICED_AFTER);
    // A TV that is switched off. Its room waits for it.
    await screen.goto('about:blank');
    const room = async () => (await fetch(`${relay.http}/${code}?format=json`)).json();
    await expect.poll(room).toMatchObject({ host: 'disconnected' });
    await guess(ben, 'is anybody there?');
    await ben.clock.fastForward(NOTICED_AFTER);
    await ben.getByText('The big screen is disconnected. Waiting for it…').waitFor();
    for (const shape of SHAPES) {
      await ben.setViewportSize(shape);
      await inspect(ben, `phone-no-screen-${shape.width}x${shape.height}`);
      const parts = ['my-name', 'phone-time', 'mask', 'guess'];
      await expectInSight(ben, ['notice', ...parts], shape.height);
      await expectApart(ben, 'notice', parts);
    }
    // Its own connection comes first: without it, the state of the screen is unknown.
    line.cut();
    await ben.getByText('Connection lost. Reconnecting…').waitFor();
    line.mend();
    await screen.goto(`${relay.http}/sketch`);
    await ben.locator('#notice').waitFor({ state: 'hidden' });
    await ben.locator('#answers').getByText('is anybody there?').waitFor();
    party.forgetFailedConnections();
  });

  test('that joins or is reloaded while the big screen is disconnected knows the game', async () => {
    const { screen, code, ada, word } = await openTurn(party);
    await draw(ada, arc([0.5, 0.5], 0.3));
    await expect.poll(() => inked(screen, 'sheet')).toBeGreaterThan(0.01);
    await screen.goto('about:blank');
    const room = async () => (await fetch(`${relay.http}/${code}?format=json`)).json();
    await expect.poll(room).toMatchObject({ host: 'disconnected' });
    const dan = await party.phone(code, 'Dan');
    await ada.reload();
    for (const phone of [dan, ada]) {
      await phone.getByText('Round 1 of 2: Ada draws.').waitFor();
    }
    // Nothing is typed here, so there is no keyboard.
    for (const shape of SHAPES.filter(({ height }) => height > 300)) {
      await dan.setViewportSize(shape);
      await inspect(dan, `phone-almost-in-${shape.width}x${shape.height}`);
    }
    await screen.goto(`${relay.http}/sketch`);
    await dan.getByText('Ada draws. What is it?').waitFor();
    // Only the screen knows the drawing.
    await ada.getByText(`Draw ${word}`).waitFor();
    const share = async () => (await inked(screen, 'sheet')) / (await inked(ada, 'paper'));
    await expect.poll(share).toBeCloseTo(1, 1);
  });

  test('can type another code after a wrong one', async () => {
    const code = await codeOn(await party.screen());
    const phone = await party.phone('BBBB', 'Ada');
    await phone.getByText('There is no room with this code.').waitFor();
    await phone.keyboard.type(code);
    await phone.keyboard.press('Enter');
    await phone.getByText('You are in!').waitFor();
  });

  test('shows both fields and errors above a keyboard, in both orientations', async () => {
    const phone = await party.phone('BBBB', 'Ada');
    await phone.getByText('There is no room with this code.').waitFor();
    for (const shape of SHAPES) {
      await phone.setViewportSize(shape);
      await inspect(phone, `phone-wrong-${shape.width}x${shape.height}`);
      await expectInSight(phone, ['code', 'name', 'join-problem'], shape.height);
    }
  });

  test('shows field, word, name and time above a keyboard, in both orientations', async () => {
    const { ben } = await openTurn(party, { guesser: 'Wilhelmina Wow' });
    await guess(ben, 'something that it is certainly not');
    await ben.locator('#answers').getByText('No.').waitFor();
    for (const shape of SHAPES) {
      await ben.setViewportSize(shape);
      await inspect(ben, `phone-guess-${shape.width}x${shape.height}`);
      await expectInSight(ben, ['my-name', 'phone-time', 'mask', 'guess'], shape.height);
    }
  });

  test('fits above a keyboard where only the visual viewport shrinks', async () => {
    const { ben } = await openTurn(party, { guesser: 'Wilhelmina Wow' });
    await ben.setViewportSize({ width: 667, height: 375 });
    await ben.evaluate(`{
      const { visualViewport } = window;
      Object.defineProperty(visualViewport, 'height', { value: 150, configurable: true });
      visualViewport.dispatchEvent(new Event('resize'));
    }`);
    await expectInSight(ben, ['my-name', 'phone-time', 'mask', 'guess'], 150);
    // Zooming in shows a part of the page, and does not change its layout.
    await ben.evaluate(`{
      const { visualViewport } = window;
      Object.defineProperty(visualViewport, 'height', { value: 40, configurable: true });
      Object.defineProperty(visualViewport, 'scale', { value: 2, configurable: true });
      visualViewport.dispatchEvent(new Event('resize'));
    }`);
    const height = await ben.evaluate('document.body.clientHeight');
    expect(height).toBe(150);
  });

  test('shows a lost connection without covering anything', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const line = await openLine(new URL(relay.http).port);
    onTestFinished(() => line.close());
    const guests = party.at(line.origin);
    const ada = await guests.guest(code, 'Wilhelmina Wow');
    const ben = await guests.guest(code, 'Ben');
    await screen.getByRole('button', { name: 'Start' }).click();
    await chooseWord(ada);
    await ben.getByText('draws. What is it?').waitFor();
    line.cut();
    for (const [phone, parts] of [
      [ada, ['my-name', 'phone-time', 'my-word', 'paper', 'clear']],
      [ben, ['my-name', 'phone-time', 'mask', 'guess']],
    ] as const) {
      await phone.getByText('Connection lost. Reconnecting…').waitFor();
      for (const shape of SHAPES) {
        // There is no drawing above a keyboard.
        if (phone === ada && shape.height < 300) continue;
        await phone.setViewportSize(shape);
        await inspect(
          phone,
          `phone-lost-${phone === ada ? 'draw' : 'guess'}-${shape.width}x${shape.height}`,
        );
        await expectInSight(phone, ['notice', ...parts], shape.height);
        await expectApart(phone, 'notice', parts);
      }
    }
    line.mend();
    for (const phone of [ada, ben]) await phone.locator('#notice').waitFor({ state: 'hidden' });
    party.forgetFailedConnections();
  });

  test('keeps its screen on while it plays, where the browser allows it', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada', wakeLock(false));
    const held = () => ada.evaluate('locks.map(({ released }) => !released)');
    await expect.poll(held).toEqual([true]);
    // Browsers release the lock when the page is hidden, and the page must request it again.
    await ada.evaluate('setVisible(false)');
    expect(await held()).toEqual([false]);
    await ada.evaluate('setVisible(true)');
    await expect.poll(held).toEqual([false, true]);
    await ada.evaluate('setVisible(true)');
    await screen.close();
    expect(await held()).toEqual([false, true]);
  });

  test('continues where the browser refuses to keep the screen on', async () => {
    const code = await codeOn(await party.screen(wakeLock(true)));
    const ada = await party.guest(code, 'Ada', wakeLock(true));
    await ada.evaluate('setVisible(true)');
    await ada.getByText('You are in!').waitFor();
  });
});

async function expectInSight(page: Page, ids: readonly string[], height: number): Promise<void> {
  for (const id of ids) {
    const box = await page.locator(`#${id}`).boundingBox();
    expect(box?.y, id).toBeGreaterThanOrEqual(0);
    expect((box?.y ?? 0) + (box?.height ?? 0), id).toBeLessThanOrEqual(height);
    expect(box?.height, id).toBeGreaterThan(0);
  }
}

/** Checks that an element covers no part of the others. */
async function expectApart(page: Page, id: string, others: readonly string[]): Promise<void> {
  const cover = await page.locator(`#${id}`).boundingBox();
  for (const other of others) {
    const box = await page.locator(`#${other}`).boundingBox();
    if (cover === null || box === null) throw new Error(`#${id} or #${other} is not shown`);
    const isApart =
      box.y >= cover.y + cover.height ||
      cover.y >= box.y + box.height ||
      box.x >= cover.x + cover.width ||
      cover.x >= box.x + box.width;
    expect(isApart, other).toBe(true);
  }
}
