import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRelay, type Relay } from '../../src/index.js';
import { DRAWING_TIME } from '../../src/pages/sketch/game.js';
import { MAX_GUESS, MAX_NAME } from '../../src/pages/sketch/wire.js';
import { BROWSER_TIMEOUT, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { CALM } from '../support/relay.js';
import {
  arc,
  chooseWord,
  codeOn,
  draw,
  guess,
  inspect,
  openTurn,
  type Party,
  partyOn,
} from '../support/sketch.js';
import { needs } from '../support/tools.js';

describe('the big screen of the demo', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();
  const party = partyOn(relay);

  /** A separate relay, which a test can restart on the same port. */
  async function ownRelay(): Promise<{
    party: Party;
    restart(): Promise<void>;
    stop(): Promise<void>;
  }> {
    let own: Relay = createRelay({ host: '127.0.0.1', port: 0, ...CALM });
    const { port } = await own.listen();
    onTestFinished(() => own.close());
    const stop = (): Promise<void> => own.close();
    const restart = async (): Promise<void> => {
      await stop();
      own = createRelay({ host: '127.0.0.1', port, ...CALM });
      await own.listen();
    };
    return { party: party.at(`http://127.0.0.1:${port}`), restart, stop };
  }

  test('asks for confirmation before it ends the game', async () => {
    const { screen, ben } = await openTurn(party);
    const question = screen.getByRole('dialog', { name: 'End the game now?' });
    const ask = async (): Promise<void> => {
      await screen.getByRole('button', { name: 'End the game' }).click();
      await question.waitFor();
    };
    await ask();
    await inspect(screen, 'screen-end');
    await screen.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    await ask();
    // The focused button is the one that is pressed by accident.
    await screen.keyboard.press('Enter');
    await question.waitFor({ state: 'hidden' });
    await ask();
    await screen.getByRole('button', { name: 'Keep playing' }).click();
    await question.waitFor({ state: 'hidden' });
    expect(await screen.getByRole('heading', { name: 'Ada draws' }).isVisible()).toBe(true);
    await ask();
    await screen.getByRole('button', { name: 'End it' }).click();
    await ben.getByText('Nobody won').waitFor();
  });

  test('stops asking when the game is over by itself', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    const ben = await party.guest(code, 'Ben');
    await screen.getByLabel('Rounds').selectOption('1');
    await screen.getByRole('button', { name: 'Start' }).click();
    for (const drawer of [ada, ben]) {
      await chooseWord(drawer);
      if (drawer === ben) await screen.getByRole('button', { name: 'End the game' }).click();
      await party.pass(screen, DRAWING_TIME);
      await screen.getByText('Nobody got it.', { exact: true }).waitFor();
      await party.pass(screen, DRAWING_TIME);
    }
    await screen.getByRole('heading', { name: 'This time nobody won' }).waitFor();
    expect(await screen.getByRole('dialog').isVisible()).toBe(false);
  });

  test('shows the whole drawing when the turn is over', async () => {
    const { screen, ada, ben, word } = await openTurn(party);
    await draw(ada, arc([0.5, 0.5], 0.45));
    await guess(ben, word);
    await screen.getByText('Everybody got it!', { exact: true }).waitFor();
    for (const viewport of [
      { width: 1920, height: 1080 },
      { width: 1280, height: 720 },
      { width: 820, height: 1180 },
    ]) {
      await screen.setViewportSize(viewport);
      await inspect(screen, `screen-reveal-${viewport.width}`);
      expect(await coveredPlaces(screen)).toEqual([]);
    }
  });

  test('truncates no name and no guess, however long and in any script', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const drawer = await party.guest(code, 'W'.repeat(MAX_NAME));
    const persian = '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645';
    const guesser = await party.guest(code, persian);
    const flag = '\u{1f1e9}\u{1f1ea}';
    await party.guest(code, `${flag} Jo`);
    await screen.setViewportSize({ width: 1280, height: 720 });
    await screen.locator('#guests').getByText(persian).waitFor();
    await screen.locator('#guests .badge').getByText(flag, { exact: true }).waitFor();
    await inspect(screen, 'screen-names-lobby');
    await expectWithin(screen, '.guest-name', '.guest');
    await screen.getByRole('button', { name: 'Start' }).click();
    await screen.getByText('is choosing a word', { exact: true }).waitFor();
    await inspect(screen, 'screen-names-choosing');
    await expectWithin(screen, '#curtain-title', '#curtain');
    await chooseWord(drawer);
    const text = 'W'.repeat(MAX_GUESS);
    await guess(guesser, text);
    await screen.locator('#guesses').getByText(text).waitFor();
    await inspect(screen, 'screen-names-guess');
    await expectWithin(screen, '#guesses bdi', '#guesses');
    await expectWithin(screen, '.score-name', '.score-who');
    // A right-to-left name is beside its badge, too.
    const name = screen.locator('.score-name').filter({ hasText: persian });
    const place = screen.locator('.score-who').filter({ hasText: persian });
    const [box, around] = await Promise.all([name.boundingBox(), place.boundingBox()]);
    expect(box?.x).toBeCloseTo(around?.x ?? 0, 0);
    await guesser.locator('#answers').getByText(text).waitFor();
    await expectWithin(guesser, '#answers bdi', '#answers');
  });

  test('whose room has ended opens a new one with one press, and phones join it', async () => {
    const own = await ownRelay();
    const screen = await own.party.screen();
    const code = await codeOn(screen);
    const ada = await own.party.guest(code, 'Ada');
    await own.restart();
    await screen.getByRole('heading', { name: 'This room is closed' }).waitFor();
    await inspect(screen, 'screen-closed');
    expect(await screen.locator('#qr').isVisible()).toBe(false);
    await ada.getByText('The server was restarted').waitFor();
    await inspect(ada, 'phone-closed');
    // The button has the focus, for a TV's remote control.
    await screen.keyboard.press('Enter');
    await screen.locator('#lobby').waitFor();
    const next = await codeOn(screen);
    expect(next).not.toBe(code);
    await ada.getByLabel('Code on the big screen').fill(next);
    await ada.keyboard.press('Enter');
    await screen.locator('#guests').getByText('Ada').waitFor();
    await ada.getByText('You are in!').waitFor();
    party.forgetFailedConnections();
  });

  test('that reaches no relay shows this, and tries again on request', async () => {
    const own = await ownRelay();
    const screen = await own.party.screen();
    await codeOn(screen);
    let attempts = 0;
    await screen.routeWebSocket(/CREATE/, (socket) => {
      attempts++;
      if (attempts === 1) void socket.close({ code: 1008, reason: 'origin not allowed' });
      else socket.connectToServer();
    });
    await screen.evaluate('sessionStorage.clear()');
    await screen.reload();
    await screen.getByRole('heading', { name: 'Cannot open a room' }).waitFor();
    await screen.getByText('does not allow pages from this address').waitFor();
    await inspect(screen, 'screen-no-room');
    await screen.getByRole('button', { name: 'Try again' }).click();
    await codeOn(screen);
  });

  test('that was opened as localhost shows a QR code with the network address', async () => {
    const screen = await party.screen();
    await screen.getByText('Phones cannot open this address.').waitFor();
    const url = 'http://192.168.1.5:8081';
    await screen.route('**/address', (route) => route.fulfill({ json: { urls: [url] } }));
    await screen.reload();
    const code = await codeOn(screen);
    const qr = screen.locator('#qr');
    await qr.waitFor();
    expect(await qr.getAttribute('href')).toBe(`${url}/sketch?code=${code}`);
    expect(await screen.locator('#address').textContent()).toBe('192.168.1.5:8081');
    expect(await screen.getByText('Phones cannot open this address.').isVisible()).toBe(false);
    await inspect(screen, 'screen-localhost');
  });

  test.each([
    ['nothing', { json: { urls: [] } }],
    ['what is no address', { json: { urls: ['::'] } }],
    ['a script', { json: { urls: ['javascript:alert(1)'] } }],
    ['something else', { body: '<p>hello' }],
  ])("ignores a relay's answer of %s", async (_what, answer) => {
    const screen = await party.screen();
    await codeOn(screen);
    await screen.route('**/address', (route) => route.fulfill(answer));
    await screen.reload();
    await codeOn(screen);
    await screen.getByText('Phones cannot open this address.').waitFor();
    expect(await screen.locator('#qr').isVisible()).toBe(false);
  });
});

/** Checks that no text of the matching elements overflows its parent element. */
async function expectWithin(page: Page, inner: string, outer: string): Promise<void> {
  const beyond = await page.evaluate(`{
    const range = document.createRange();
    [...document.querySelectorAll('${inner}')].filter((element) => {
      const around = element.closest('${outer}').getBoundingClientRect();
      range.selectNodeContents(element);
      const isClipped = getComputedStyle(element).textOverflow === 'ellipsis';
      const box = (isClipped ? element : range).getBoundingClientRect();
      return box.width === 0 || box.left < around.left - 1 || box.right > around.right + 1;
    }).map((element) => element.textContent);
  }`);
  expect(beyond).toEqual([]);
}

/** Points of the drawing that another element covers. */
function coveredPlaces(screen: Page): Promise<string[]> {
  return screen.evaluate(`{
    const sheet = document.getElementById('sheet');
    const { left, top, width, height } = sheet.getBoundingClientRect();
    const places = [];
    for (let row = 1; row < 20; row++) {
      for (let column = 1; column < 20; column++) {
        const found = document.elementFromPoint(
          left + (width * column) / 20,
          top + (height * row) / 20,
        );
        if (found !== null && found !== sheet) places.push(row + '/' + column + ': ' + found.id);
      }
    }
    places;
  }`);
}
