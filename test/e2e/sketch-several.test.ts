import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { TestCluster } from '../support/cluster.js';
import { NATS } from '../support/nats.js';
import { chooseWord, codeOn, guess, partyOn } from '../support/sketch.js';
import { needs } from '../support/tools.js';
import { WorkersRelay } from '../support/workers.js';

/*
 * The demo, whose screen and phones are pages that know nothing of several processes or relays.
 */

let browser: Browser;

describe('sketch and guess', needs(CHROMIUM), () => {
  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser.close());

  const party = partyOn({
    get browser() {
      return browser;
    },
    http: '',
  });

  /** Plays a turn: the screen at one relay, both phones at another. */
  async function play(screenAt: string, phonesAt: string): Promise<void> {
    const screen = await party.at(screenAt).screen();
    const code = await codeOn(screen);
    const phones = party.at(phonesAt);
    const ada = await phones.guest(code, 'Ada');
    const ben = await phones.guest(code, 'Ben');
    await screen.getByRole('button', { name: 'Start' }).click();
    const word = await chooseWord(ada);
    await ben.getByText('Ada draws. What is it?').waitFor();
    await guess(ben, word);
    await expect.poll(() => screen.textContent('body')).toContain(word);
  }

  test('is played on a relay with two workers', async () => {
    const { http } = await WorkersRelay.start();
    await play(http, http);
  });

  test('is played across two relays of a cluster', needs(NATS), async () => {
    const { relays } = await TestCluster.start(['one', 'two']);
    await play(relays[0]?.http ?? '', relays[1]?.http ?? '');
  });
});
