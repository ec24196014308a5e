import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { REVEAL_TIME } from '../../src/pages/sketch/game.js';
import { BROWSER_TIMEOUT, PHONE, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { startRelay } from '../support/relay.js';
import {
  arc,
  chooseWord,
  codeOn,
  coverage,
  differing,
  draw,
  endGame,
  guess,
  inked,
  inspect,
  openLine,
  partyOn,
} from '../support/sketch.js';
import { needs } from '../support/tools.js';

describe('sketch and guess', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();
  const party = partyOn(relay);

  /** All players guess the word, the result is shown, and the next turn begins. */
  async function nextTurn(screen: Page): Promise<void> {
    await screen.getByText('Everybody got it!', { exact: true }).waitFor();
    await party.pass(screen, REVEAL_TIME);
  }

  async function takeTool(phone: Page, name: string): Promise<void> {
    await phone.locator('label').filter({ hasText: name }).click();
  }

  /** Waits until the same is on the screen and on the phone. */
  async function sameSheet(screen: Page, phone: Page): Promise<void> {
    const share = async (): Promise<number> =>
      (await inked(screen, 'sheet')) / (await inked(phone, 'paper'));
    await expect.poll(share).toBeCloseTo(1, 1);
  }

  test('a relay with a create token can be used with the token', async () => {
    const { http } = await startRelay({ createToken: 'let-me-in' });
    const page = await relay.browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`${http}/sketch`);
    await page.getByText('Cannot open a room').waitFor();
    await page.goto(`${http}/sketch?token=let-me-in`);
    await codeOn(page);
    expect(await page.locator('#qr').getAttribute('href')).not.toContain('let-me-in');
    // A loopback address in a QR code would be useless for phones.
    await page.getByText('Phones cannot open this address.').waitFor();
    expect(await page.locator('#qr').isVisible()).toBe(false);
  });

  test('the lobby fits on a phone', async () => {
    const screen = await party.screen();
    await codeOn(screen);
    await screen.setViewportSize(PHONE);
    await inspect(screen, 'screen-on-phone');
    const [card, last] = await Promise.all([
      screen.locator('.ticket').boundingBox(),
      screen.locator('.tile').last().boundingBox(),
    ]);
    const end = (box: typeof card) => (box?.x ?? 0) + (box?.width ?? 0);
    // The last letter has space beside it.
    expect(end(last)).toBeLessThan(end(card) - 20);
    expect(await screen.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
  });

  test('a busy relay is tried again', async () => {
    const code = await codeOn(await party.screen());
    const phone = await party.phoneAtJoinForm(code);
    let refusals = 1;
    await phone.routeWebSocket(/./, (socket) => {
      if (refusals-- > 0) void socket.close({ code: 1013, reason: 'relay full' });
      else socket.connectToServer();
    });
    await phone.reload();
    await phone.getByLabel('Your name').fill('Ada');
    await phone.getByRole('button', { name: 'Play' }).click();
    await phone.getByText('Server busy, retrying…').waitFor();
    await phone.getByText('You are in!').waitFor();
  });

  test('a whole game', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    await inspect(screen, 'screen-empty');

    const ada = await party.phoneAtJoinForm(code);
    await inspect(ada, 'phone-join');
    await ada.getByLabel('Your name').fill('Ada');
    await ada.getByRole('button', { name: 'Play' }).click();
    const ben = await party.phone(code, 'Ben');
    const cleo = await party.phone(code, '<b>Cleo</b>');
    for (const phone of [ada, ben, cleo]) await phone.getByText('You are in!').waitFor();
    await inspect(ada, 'phone-lobby');
    await screen.locator('#guests').getByText('<b>Cleo</b>').waitFor();
    await inspect(screen, 'screen-lobby');

    await screen.getByLabel('Rounds').selectOption('1');
    await screen.getByRole('button', { name: 'Start' }).click();
    await ben.getByText('Ada is choosing').waitFor();
    await inspect(screen, 'screen-choosing');
    await inspect(ada, 'phone-choosing');
    await inspect(ben, 'phone-waiting');
    const word = await chooseWord(ada);

    // Strokes appear on the screen while the finger still draws, and can be undone.
    await draw(ada, arc([0.5, 0.5], 0.3));
    await sameSheet(screen, ada);
    const one = await inked(screen, 'sheet');
    expect(one).toBeGreaterThan(0.01);
    await takeTool(ada, 'Red');
    await takeTool(ada, 'Thick');
    await draw(ada, arc([0.5, 0.5], 0.18, 0.05, 0.45));
    await expect.poll(() => inked(screen, 'sheet')).toBeGreaterThan(one * 1.2);
    await ada.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => inked(screen, 'sheet')).toBeCloseTo(one, 2);
    await takeTool(ada, 'Medium');
    await draw(ada, arc([0.5, 0.5], 0.18, 0.05, 0.45));
    await takeTool(ada, 'Sky');
    await draw(ada, arc([0.4, 0.4], 0.04));
    await draw(ada, arc([0.6, 0.4], 0.04));
    await inspect(ada, 'phone-drawing');

    // Only the drawer's phone shows the word.
    await ben.getByText('Ada draws. What is it?').waitFor();
    for (const page of [screen, ben, cleo]) {
      expect(await page.content()).not.toContain(`>${word}<`);
    }
    await guess(ben, 'a washing machine <img src=x>');
    await screen.locator('#guesses').getByText('a washing machine <img src=x>').waitFor();
    await ben.locator('#answers').getByText('No.').waitFor();
    const close = `${word.slice(0, -1)}${word.endsWith('x') ? 'z' : 'x'}`;
    if (word.replace(' ', '').length >= 4) {
      await guess(ben, close);
      await ben.locator('#answers').getByText('Close!').waitFor();
    }
    await inspect(ben, 'phone-guessing');
    await guess(ben, `It’s ${word.toUpperCase()}!`);
    await ben.getByText('You got it!').waitFor();
    await inspect(ben, 'phone-guessed');
    await screen.locator('#guesses').getByText('got it!').first().waitFor();
    expect(await screen.locator('#guesses').textContent()).not.toContain(close);
    await inspect(screen, 'screen-drawing');

    // A player who joins late sees the current turn.
    const dan = await party.phoneFromFrontPage(code, 'Dan');
    await dan.getByText('Ada draws. What is it?').waitFor();
    await guess(cleo, word);
    await guess(dan, word);
    await screen.getByText('Everybody got it!', { exact: true }).waitFor();
    await cleo.getByText('Ada drew this word.').waitFor();
    await inspect(screen, 'screen-reveal');
    await inspect(cleo, 'phone-reveal');

    for (const [drawer, others] of [
      [ben, [ada, cleo, dan]],
      [cleo, [ada, ben, dan]],
      [dan, [ada, ben, cleo]],
    ] as const) {
      await nextTurn(screen);
      const next = await chooseWord(drawer);
      await expect.poll(() => inked(screen, 'sheet')).toBe(0);
      for (const phone of others) await guess(phone, next);
    }
    await nextTurn(screen);
    await screen.getByRole('heading', { name: 'And the winner' }).waitFor();
    await ada.getByText(/^Place \d of 4/).waitFor();
    await inspect(screen, 'screen-podium');
    await inspect(ada, 'phone-podium');

    await screen.getByRole('button', { name: 'Play again' }).click();
    await ada.getByRole('heading', { name: 'Your turn!' }).waitFor();
  });

  test('eight players on screens of any shape', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const phones: Page[] = [];
    for (let number = 1; number <= 8; number++) {
      const phone = await party.guest(code, `Somebody No. ${number}`);
      phones.push(phone);
    }
    await inspect(screen, 'screen-eight-lobby');
    expect(await screen.evaluate('document.body.scrollHeight <= innerHeight')).toBe(true);
    const late = await party.phone(code, 'Nine');
    await late.getByText('Watching: the room is full').waitFor();
    await inspect(late, 'phone-watch-full');
    expect(new URL(late.url()).searchParams.get('watch')).toBe(code);
    await screen.locator('#viewers').getByText('1 viewer', { exact: true }).waitFor();
    await inspect(screen, 'screen-eight-watched');
    expect(await screen.evaluate('document.body.scrollHeight <= innerHeight')).toBe(true);
    await screen.getByRole('button', { name: 'Start' }).click();
    const [drawer, ...guessers] = phones;
    if (drawer === undefined) throw new Error('nobody draws');
    await chooseWord(drawer);
    for (const phone of guessers) await guess(phone, 'something that it is certainly not');
    await expect.poll(() => screen.locator('#guesses > li').count()).toBe(7);
    for (const [name, viewport] of [
      ['tv', { width: 1920, height: 1080 }],
      ['laptop', { width: 1280, height: 720 }],
      ['tablet', { width: 820, height: 1180 }],
    ] as const) {
      await screen.setViewportSize(viewport);
      await inspect(screen, `screen-eight-${name}`);
      // Nothing overflows at the side, and no name overlaps what is below.
      expect(await screen.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
      const [last, foot] = await Promise.all([
        screen.locator('#scores > li').last().boundingBox(),
        screen.locator('.side-foot').boundingBox(),
      ]);
      expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(foot?.y ?? 0);
    }
    await drawer.setViewportSize({ width: 360, height: 560 });
    await inspect(drawer, 'phone-short');
    const inSight = 'document.getElementById("undo").getBoundingClientRect().bottom <= innerHeight';
    expect(await drawer.evaluate(inSight)).toBe(true);
  });

  test('a reload of the screen, and of each phone, in the middle of a turn', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    const ben = await party.phone(code, 'Ben');
    await screen.getByLabel('Rounds').selectOption('3');
    await screen.reload();
    await expect.poll(() => screen.getByLabel('Rounds').inputValue()).toBe('3');
    await screen.getByRole('button', { name: 'Start' }).click();
    await screen.getByText('Round 1 of 3').waitFor();
    const word = await chooseWord(ada);
    await draw(ada, arc([0.5, 0.5], 0.3));
    await sameSheet(screen, ada);
    const before = await inked(screen, 'sheet');

    await screen.reload();
    await screen.getByRole('heading', { name: 'Ada draws' }).waitFor();
    expect(await screen.locator('#code-small').textContent()).toBe(code);
    await expect.poll(() => inked(screen, 'sheet')).toBeCloseTo(before, 2);
    await draw(ada, arc([0.5, 0.5], 0.15));
    await sameSheet(screen, ada);
    expect(await inked(screen, 'sheet')).toBeGreaterThan(before);

    const live = await coverage(ada, 'paper');
    await ada.reload();
    await ada.getByText(`Draw ${word}`).waitFor();
    await sameSheet(screen, ada);
    // A drawing painted point by point is as smooth as one painted at once.
    await expect.poll(async () => differing(await coverage(ada, 'paper'), live)).toBe(0);
    expect(await inked(ada, 'paper')).toBeGreaterThan(0.01);

    await ben.reload();
    await ben.getByText('Ada draws. What is it?').waitFor();
    await guess(ben, word);
    await ben.getByText('Ada drew this word.').waitFor();
    expect(await screen.locator('#scores > li').count()).toBe(2);
  });

  test('a game that is ended at once, on phones in both orientations', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    const ben = await party.guest(code, 'Ben');
    await screen.getByRole('button', { name: 'Start' }).click();
    await chooseWord(ada);
    await ada.setViewportSize({ width: 740, height: 360 });
    await inspect(ada, 'phone-landscape');
    // A finger on the sheet draws, and does not scroll.
    const fits = 'document.documentElement.scrollHeight <= 360 && innerWidth === 740';
    expect(await ada.evaluate(fits)).toBe(true);
    for (const part of ['my-name', 'my-word', 'paper', 'clear']) {
      const box = await ada.locator(`#${part}`).boundingBox();
      expect(box?.y, part).toBeGreaterThanOrEqual(0);
      expect((box?.y ?? 0) + (box?.height ?? 0), part).toBeLessThanOrEqual(360);
    }
    await endGame(screen);
    for (const phone of [ada, ben]) await phone.getByText('Nobody won').waitFor();
    await screen.getByRole('heading', { name: 'This time nobody won' }).waitFor();
    await inspect(screen, 'screen-nobody');
  });

  test('a phone that is frozen and offline reconnects to its seat', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    const line = await openLine(new URL(relay.http).port);
    onTestFinished(() => line.close());
    const ben = await party.at(line.origin).guest(code, 'Ben');
    const cleo = await party.guest(code, 'Cleo');
    await screen.getByRole('button', { name: 'Start' }).click();
    const word = await chooseWord(ada);

    const device = await ben.context().newCDPSession(ben);
    line.cut();
    await device.send('Page.setWebLifecycleState', { state: 'frozen' });
    await screen.locator('.score.is-disconnected').getByText('Ben').waitFor();
    await inspect(screen, 'screen-away');
    // The game does not wait for disconnected players.
    await guess(cleo, word);
    await screen.getByText('Everybody got it!', { exact: true }).waitFor();
    line.mend();
    await device.send('Page.setWebLifecycleState', { state: 'active' });
    await screen.locator('.score.is-disconnected').waitFor({ state: 'detached' });
    await nextTurn(screen);
    await ben.getByRole('heading', { name: 'Your turn!' }).waitFor();
    expect(await screen.locator('#scores > li').count()).toBe(3);
    party.forgetFailedConnections();
  });

  test('a disconnected screen shows a notice that covers nothing', async () => {
    const line = await openLine(new URL(relay.http).port);
    onTestFinished(() => line.close());
    const screen = await party.at(line.origin).screen();
    await codeOn(screen);
    line.cut();
    const bar = screen.getByText('Connection lost. Reconnecting…');
    await bar.waitFor();
    await inspect(screen, 'screen-cut-off');
    const [above, below] = await Promise.all([
      bar.boundingBox(),
      screen.getByRole('heading', { name: 'Sketch and guess' }).boundingBox(),
    ]);
    expect(below?.y ?? 0).toBeGreaterThanOrEqual((above?.y ?? 0) + (above?.height ?? 0));
    expect(await screen.evaluate('document.body.scrollHeight <= innerHeight')).toBe(true);
    line.mend();
    await bar.waitFor({ state: 'hidden' });
    party.forgetFailedConnections();
  });
});
