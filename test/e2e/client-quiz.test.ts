import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Data, joinRoom } from '../../src/client/index.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';

const QUIZ = fileURLToPath(new URL('../../examples/sdk/quiz.js', import.meta.url));

test('the quiz in Node plays a whole game', async () => {
  const { http } = await startRelay();
  const quiz = spawn(process.execPath, [QUIZ, http], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void quiz.kill('SIGKILL'));
  const lines = createInterface({ input: quiz.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value;
  const [, code = ''] = (await nextLine())?.match(/^Join with (\w{4})/) ?? [];

  const players = [];
  for (let id = 1; id <= 2; id++) {
    const seat = await joinRoom(http, code, { WebSocket });
    const heard = new Inbox<Data>();
    seat.on('message', (text) => heard.put(text));
    expect(await heard.next()).toMatch(/^Welcome!/);
    players.push({ seat, heard });
  }
  const [ana, ben] = players;
  ana?.seat.send('start');
  for (const [answer, wrong] of [
    ['8', '6'],
    [' Mercury ', 'Venus'],
    ['Au', 'Ag'],
  ] as const) {
    for (const { heard } of players) expect(await heard.next()).toMatch(/^Question/);
    ana?.seat.send(answer);
    expect(await ana?.heard.next()).toBe('Right!');
    ben?.seat.send(wrong);
    expect(await ben?.heard.next()).toBe('Wrong.');
  }
  for (const { heard } of players) {
    expect(await heard.next()).toBe('The end!\nPlayer 1: 3\nPlayer 2: 0');
  }
  quiz.stdout.resume();
  const [exitCode] = await new Promise<unknown[]>((ended) => {
    quiz.once('close', (...how) => ended(how));
  });
  expect(exitCode).toBe(0);
});
