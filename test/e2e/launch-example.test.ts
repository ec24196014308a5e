import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { joinRoom, play } from '../../src/client/index.js';
import { runAxe } from '../support/axe.js';
import { BROWSER_TIMEOUT, newDevice, PHONE } from '../support/browser.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { needs } from '../support/tools.js';

const EXAMPLE = new URL('../../examples/launch/', import.meta.url);

function run(file: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, EXAMPLE));
  const program = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // The servers that it has started end with it.
  onTestFinished(() => void program.kill('SIGTERM'));
  return program;
}

async function linesOf({ stdout }: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  if (stdout === null) return lines;
  for await (const line of createInterface({ input: stdout })) lines.push(line);
  return lines;
}

/** Starts the relay of the example, and returns its URL. */
async function startExample(): Promise<{ url: string; relay: ChildProcess }> {
  const relay = run('start.js', '0');
  if (relay.stdout === null) throw new Error('no output');
  const lines = createInterface({ input: relay.stdout })[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error('the example has ended');
    const [, url] = /^Open (\S+)$/.exec(value) ?? [];
    if (url !== undefined) return { url, relay };
  }
}

/** Sends datagrams from a new socket, and returns the replies up to the one to `end`. */
async function answersTo(
  place: { ip: string; port: number },
  packets: Buffer[],
): Promise<string[]> {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const replies: string[] = [];
  socket.on('message', (packet) => replies.push(packet.toString()));
  for (const packet of packets) socket.send(packet, place.port, place.ip);
  while (!replies.some((text) => text === 'pong end')) await once(socket, 'message');
  return replies;
}

test('a player connects to the UDP server with a token', async () => {
  const { url } = await startExample();
  const lines = await linesOf(run('udp-player.js', url));
  expect(lines.filter((line) => !/^\w[\w ]* \(\d+ s\)$/.test(line))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^The server is at 127\.0\.0\.1:30\d{3}\.$/),
      expect.stringMatching(/^welcome \d+$/),
      'pong hello',
    ]),
  );
});

test('the UDP server refuses everybody else', async () => {
  const { url } = await startExample();
  const { connectionRequest } = await import(new URL('netcode.js', EXAMPLE).href);
  const tokens = await Promise.all([play(url, 'ping'), play(url, 'ping')]);
  const [mine, other] = tokens.map((place) => {
    if (place.is !== 'server' || place.token === undefined) throw new Error('expected a token');
    return { ...place, request: connectionRequest(place.token) as Buffer };
  });
  if (mine === undefined || other === undefined) throw new Error('expected two places');
  /** Copies with one changed byte: in the version, protocol, expiry, nonce, player and tag. */
  const changed = [1, 14, 22, 30, 54, 1077].map((at) => {
    const copy = Buffer.from(other.request);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  });
  const noise = [Buffer.alloc(0), Buffer.alloc(1078), Buffer.from('hello')];
  const end = Buffer.from('end');
  const replies = await answersTo(mine, [...noise, ...changed, mine.request, end]);
  expect(replies).toEqual([expect.stringMatching(/^welcome \d+$/), 'pong end']);
  // A token that was used is refused to a second sender.
  expect(await answersTo(other, [mine.request, other.request, end])).toHaveLength(2);
});

test('a player of the headless host gets its room', async () => {
  const { url } = await startExample();
  const place = await play(url, 'guess');
  if (place.is !== 'room') throw new Error('expected a room');
  const seat = await joinRoom(url, place.code, { WebSocket });
  onTestFinished(() => seat.leave());
  const { value } = await seat.messages().next();
  expect(value).toBe('You are player 1. Guess a number from 1 to 100.');
});

describe('the page', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  test('presses Play, shows progress, and plays in the room', async () => {
    const { url, relay } = await startExample();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const pageErrors: string[] = [];
    const device = await newDevice(browser, pageErrors, { viewport: PHONE });
    const [ada, grace] = [await device.newPage(), await device.newPage()];
    const rooms: (string | null)[] = [];
    for (const page of [ada, grace]) {
      await page.goto(url);
      expect((await runAxe(page)).violations).toEqual([]);
      await page.getByRole('button', { name: 'Play' }).click();
      const status = page.getByRole('status');
      await page.getByText(/^Room [A-Z]{4}$/).waitFor();
      rooms.push(await status.textContent());
      await page.getByText(/^You are player \d\. Guess a number from 1 to 100\.$/).waitFor();
    }
    // Both have seats on one server.
    expect(rooms[0]).toBe(rooms[1]);

    await ada.getByLabel('Guess').fill('x');
    await ada.getByRole('button', { name: 'Send' }).click();
    await ada.getByText('That is no number.').waitFor();
    let [low, high] = [1, 100];
    while (low <= high) {
      const guess = Math.floor((low + high) / 2);
      await ada.getByLabel('Guess').fill(String(guess));
      await ada.getByRole('button', { name: 'Send' }).click();
      const text = await ada
        .getByText(new RegExp(`^${guess} is|has found ${guess}!`))
        .textContent();
      if (text?.includes('has found')) break;
      if (text?.endsWith('too small.')) low = guess + 1;
      else high = guess - 1;
    }
    await grace.getByText(/^Player \d has found \d+! Guess the next number\.$/).waitFor();
    expect(await ada.getByText('That is no number.').count()).toBe(1);
    expect(await grace.getByText('That is no number.').count()).toBe(0);
    expect((await runAxe(ada)).violations).toEqual([]);
    expect(await ada.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
    expect(pageErrors).toEqual([]);

    relay.kill('SIGTERM');
    for (const page of [ada, grace]) await page.getByText('The game is over: host gone').waitFor();
    if (relay.exitCode === null) await once(relay, 'exit');
    expect(relay.exitCode).toBe(0);
  });
});
