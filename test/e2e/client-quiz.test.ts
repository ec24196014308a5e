import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Data, joinRoom } from '../../src/client/index.js';
import { BROWSER_TIMEOUT, newDevice } from '../support/browser.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';

const EXAMPLES = new URL('../../examples/sdk/', import.meta.url);
const QUIZ = fileURLToPath(new URL('quiz.js', EXAMPLES));

/** Starts the quiz on a relay. */
async function startQuiz(http: string) {
  const quiz = spawn(process.execPath, [QUIZ, http], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void quiz.kill('SIGKILL'));
  const lines = createInterface({ input: quiz.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value;
  const [, code = ''] = (await nextLine())?.match(/^Join with (\w{4})/) ?? [];
  return { quiz, code };
}

test('the quiz in Node plays a whole game', async () => {
  const { http } = await startRelay();
  const { quiz, code } = await startQuiz(http);
  const players = [];
  for (let id = 1; id <= 2; id++) {
    const seat = await joinRoom(http, code, { WebSocket });
    const received = new Inbox<Data>();
    seat.on('message', (text) => received.put(text));
    expect(await received.next()).toMatch(/^Welcome!/);
    players.push({ seat, received });
  }
  const [ana, ben] = players;
  ana?.seat.send('start');
  for (const [answer, wrong] of [
    ['8', '6'],
    [' Mercury ', 'Venus'],
    ['Au', 'Ag'],
  ] as const) {
    for (const { received } of players) expect(await received.next()).toMatch(/^Question/);
    ana?.seat.send(answer);
    expect(await ana?.received.next()).toBe('Right!');
    ben?.seat.send(wrong);
    expect(await ben?.received.next()).toBe('Wrong.');
  }
  for (const { received } of players) {
    expect(await received.next()).toBe('The end!\nPlayer 1: 3\nPlayer 2: 0');
  }
  quiz.stdout.resume();
  const [exitCode] = await new Promise<unknown[]>((ended) => {
    quiz.once('close', (...args) => ended(args));
  });
  expect(exitCode).toBe(0);
});

test('the quiz works on a page', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), async () => {
  const { http } = await startRelay();
  const { code } = await startQuiz(http);
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const pageErrors: string[] = [];
  const page = await (await newDevice(browser, pageErrors)).newPage();
  await page.goto(`${new URL('quiz-player.html', EXAMPLES)}?relay=${http}`);
  for (const [typed, answer] of [
    ['AAAA', 'Cannot join: no such room'],
    [`${code} `, 'You are player 1.'],
  ] as const) {
    await page.getByLabel('Code of the quiz').fill(typed);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText(answer).waitFor();
  }
  for (const [typed, answer] of [
    ['Start ', 'Question 1'],
    ['8', 'Question 2'],
    ['Venus', 'Question 3'],
    ['Au', 'Player 1: 2'],
  ] as const) {
    await page.getByLabel('Say').fill(typed);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(answer).waitFor();
  }
  await page.getByText('The game has ended: game over').waitFor();
  expect(pageErrors).toEqual([]);
});
