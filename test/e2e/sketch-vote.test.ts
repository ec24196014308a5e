import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { REVEAL_TIME, VOTING_TIME } from '../../src/pages/sketch/game.js';
import { BROWSER_TIMEOUT, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { startRelay } from '../support/relay.js';
import {
  arc,
  chooseWord,
  codeOn,
  draw,
  guess,
  inspect,
  type Party,
  partyOn,
} from '../support/sketch.js';
import { needs } from '../support/tools.js';

const SCREENS = [
  ['tv', { width: 1920, height: 1080 }],
  ['laptop', { width: 1280, height: 720 }],
  ['tablet', { width: 820, height: 1180 }],
  ['phone', { width: 360, height: 740 }],
] as const;
const PHONES = [
  { width: 360, height: 740 },
  { width: 320, height: 568 },
  { width: 667, height: 375 },
] as const;

describe('the vote for the best drawing', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();
  const party = partyOn(relay);

  /** Ada and Ben each draw, and guess what the other draws; returns their words. */
  async function playGame(at: Party, screen: Page, ada: Page, ben: Page): Promise<string[]> {
    await screen.getByLabel('Rounds').selectOption('1');
    await screen.getByRole('button', { name: 'Start' }).click();
    const words: string[] = [];
    for (const [drawer, guesser, radius] of [
      [ada, ben, 0.3],
      [ben, ada, 0.15],
    ] as const) {
      const word = await chooseWord(drawer);
      words.push(word);
      await draw(drawer, arc([0.5, 0.5], radius));
      await draw(drawer, arc([0.4, 0.4], 0.05));
      // The screen has the strokes when it has the guess of the same phone's game.
      await screen.waitForFunction(`{
        const { width, height } = document.getElementById('sheet');
        const context = document.getElementById('sheet').getContext('2d');
        context.getImageData(0, 0, width, height).data.some((value) => value > 0);
      }`);
      await guess(guesser, word);
      await screen.getByText('Everybody got it!', { exact: true }).waitFor();
      await at.pass(screen, REVEAL_TIME);
    }
    return words;
  }

  test('counts players and the audience, and shows the winner', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    const ben = await party.guest(code, 'Ben');
    const phone = await party.phoneAtJoinForm(code);
    await phone.getByRole('button', { name: 'Only watch' }).click();
    await phone.getByText('You are watching').waitFor();
    await inspect(phone, 'phone-watch-lobby');
    await screen.locator('#viewers').getByText('1 viewer', { exact: true }).waitFor();
    await screen.getByRole('link', { name: 'Only watch.' }).waitFor();
    await inspect(screen, 'screen-watched-lobby');
    const eve = await party.viewer(code);
    await eve.getByText('You are watching').waitFor();
    await phone.close();

    const [first = '', second = ''] = await playGame(party, screen, ada, ben);
    await screen.getByRole('heading', { name: 'Which drawing is the best?' }).waitFor();
    for (const phone of [ada, ben, eve]) {
      await phone.getByRole('heading', { name: 'Which drawing is the best?' }).waitFor();
    }
    expect(await screen.locator('#gallery .drawing').count()).toBe(2);
    for (const [name, viewport] of SCREENS) {
      await screen.setViewportSize(viewport);
      await inspect(screen, `screen-vote-${name}`);
      expect(await screen.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
    }
    await screen.setViewportSize(SCREENS[0][1]);

    // Nobody votes for a drawing of their own.
    expect(await ada.locator('#ballot button').count()).toBe(1);
    await ada.locator('#ballot').getByText(second).click();
    await ada.getByText('Thank you!').waitFor();
    await screen.getByText('1 vote', { exact: true }).waitFor();
    for (const shape of PHONES) {
      await eve.setViewportSize(shape);
      await inspect(eve, `phone-vote-${shape.width}x${shape.height}`);
    }
    await eve.locator('#ballot').getByText(second).click();
    await screen.getByText('2 votes', { exact: true }).waitFor();
    await eve.locator('#ballot').getByText(first).click();
    // A reloaded page of a viewer is another viewer, and the relay forgets the earlier vote.
    await eve.reload();
    await screen.getByText('1 vote', { exact: true }).waitFor();
    await eve.locator('#ballot').getByText(second).click();
    await inspect(eve, 'phone-voted');
    await screen.getByText('2 votes', { exact: true }).waitFor();
    await ben.locator('#ballot').getByText(first).click();
    await screen.getByText('3 votes', { exact: true }).waitFor();
    await inspect(screen, 'screen-voted');

    await party.pass(screen, VOTING_TIME);
    await screen.getByRole('heading', { name: 'And the winner' }).waitFor();
    await screen.locator('#best').getByText(`${second} by Ben, 2 votes`).waitFor();
    for (const phone of [ada, ben, eve]) {
      await phone.getByText(`Best drawing: ${second} by Ben.`).waitFor();
    }
    for (const [name, viewport] of SCREENS) {
      await screen.setViewportSize(viewport);
      await inspect(screen, `screen-best-${name}`);
      expect(await screen.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
    }
    await inspect(eve, 'phone-watch-podium');
    await inspect(ada, 'phone-podium-best');
    await screen.reload();
    await screen.locator('#best').getByText(`${second} by Ben, 2 votes`).waitFor();
    await screen.getByRole('button', { name: 'Play again' }).click();
    await eve.getByText('is choosing').waitFor();
    await inspect(eve, 'phone-watch-choosing');
    await eve.getByRole('link', { name: 'Play instead' }).click();
    await eve.getByLabel('Your name').fill('Eve');
    await eve.getByRole('button', { name: 'Play', exact: true }).click();
    await screen.locator('#scores').getByText('Eve').waitFor();
  });

  test('is held by the players alone on a relay without an audience', async () => {
    const { http } = await startRelay({ maxAudience: 0 });
    const own = party.at(http);
    const screen = await own.screen();
    const code = await codeOn(screen);
    const ada = await own.guest(code, 'Ada');
    const ben = await own.guest(code, 'Ben');
    const eve = await own.viewer(code);
    await eve.getByText('Nobody can watch this room.').waitFor();
    await inspect(eve, 'phone-not-watched');
    expect(await screen.locator('#watch-here').isVisible()).toBe(false);
    const [first = ''] = await playGame(own, screen, ada, ben);
    await ben.locator('#ballot').getByText(first).click();
    await screen.getByText('1 vote', { exact: true }).waitFor();
    await screen.getByRole('button', { name: 'Show the winners' }).click();
    await screen.locator('#best').getByText(`${first} by Ada, 1 vote`).waitFor();
  });

  test('goes on when the page of the screen is reloaded', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    const ben = await party.guest(code, 'Ben');
    const eve = await party.viewer(code);
    await eve.getByText('You are watching').waitFor();
    const [first = ''] = await playGame(party, screen, ada, ben);
    await ben.locator('#ballot').getByText(first).click();
    await eve.locator('#ballot').getByText(first).click();
    await screen.getByText('2 votes', { exact: true }).waitFor();
    await screen.reload();
    await screen.locator('#gallery .drawing').last().waitFor();
    expect(await screen.locator('#gallery .drawing path').count()).toBe(4);
    // The screen asks again, and the viewer's vote counts when it is repeated.
    await screen.getByText('1 vote', { exact: true }).waitFor();
    await eve.locator('#ballot [aria-pressed="true"]').waitFor({ state: 'detached' });
    await eve.locator('#ballot').getByText(first).click();
    await screen.getByText('2 votes', { exact: true }).waitFor();
  });

  test('shows as many drawings as a game can have', async () => {
    const screen = await party.screen();
    const code = await codeOn(screen);
    const ada = await party.guest(code, 'Ada');
    const ben = await party.guest(code, 'Ben');
    await playGame(party, screen, ada, ben);
    await ada.locator('#ballot button').waitFor();
    await screen.addInitScript(`{
      const saved = JSON.parse(sessionStorage.getItem('sketch'));
      const { game, pictures } = saved;
      const turns = Array.from({ length: 24 }, (_, index) => index + 1);
      game.drawings = turns.map((turn) => ({
        turn,
        drawer: 1 + (turn % 8),
        name: 'Wilhelmina Wow',
        word: turn % 3 === 0 ? 'vacuum cleaner' : game.drawings[turn % 2].word,
      }));
      saved.pictures = turns.map((turn) => [turn, pictures[turn % 2][1]]);
      sessionStorage.setItem('sketch', JSON.stringify(saved));
    }`);
    await screen.reload();
    await screen.locator('#gallery .drawing').nth(23).waitFor();
    for (const [name, viewport] of SCREENS) {
      await screen.setViewportSize(viewport);
      await inspect(screen, `screen-vote-24-${name}`);
      expect(await screen.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
      const isWide = viewport.width > viewport.height;
      const fits = 'document.body.scrollHeight <= innerHeight';
      if (isWide) expect(await screen.evaluate(fits), name).toBe(true);
    }
    await ada.locator('#ballot button').nth(20).waitFor();
    for (const shape of PHONES) {
      await ada.setViewportSize(shape);
      await inspect(ada, `phone-vote-24-${shape.width}x${shape.height}`);
      expect(await ada.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
    }
    await ada.locator('#ballot button').last().click();
    await screen.getByText('1 vote', { exact: true }).waitFor();
  });
});

describe(
  'a relay with codes of eight letters',
  needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }),
  () => {
    const party = partyOn(relayWithChromium());

    test('shows them on screens of any shape, and phones join', async () => {
      const { http } = await startRelay({ codeLength: 8 });
      const own = party.at(http);
      const screen = await own.screen();
      await expect.poll(() => screen.locator('#code-tiles').textContent()).toMatch(/^[A-Z]{8}$/);
      const code = (await screen.locator('#code-tiles').textContent()) ?? '';
      for (const [name, viewport] of SCREENS) {
        await screen.setViewportSize(viewport);
        await inspect(screen, `screen-eight-letters-${name}`);
        const [card, last] = await Promise.all([
          screen.locator('.ticket').boundingBox(),
          screen.locator('.tile').last().boundingBox(),
        ]);
        const end = (box: typeof card) => (box?.x ?? 0) + (box?.width ?? 0);
        expect(end(last), name).toBeLessThan(end(card) - 10);
        expect(await screen.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
      }
      const phone = await own.phoneAtJoinForm(code);
      for (const shape of PHONES) {
        await phone.setViewportSize(shape);
        await inspect(phone, `phone-eight-letters-${shape.width}x${shape.height}`);
      }
      const front = await own.phoneFromFrontPage(code, 'Ada');
      await front.getByText('You are in!').waitFor();
      await front.goto(http);
      await front.getByLabel('The code on the big screen').fill(code);
      for (const shape of PHONES) {
        await front.setViewportSize(shape);
        const fits =
          'document.getElementById("code").scrollWidth <= document.getElementById("code").clientWidth';
        expect(await front.evaluate(fits)).toBe(true);
        await front.locator('#code').scrollIntoViewIfNeeded();
        await inspect(front, `front-eight-letters-${shape.width}x${shape.height}`);
      }
    });
  },
);
