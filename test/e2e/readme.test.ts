import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startRelay } from '../support/relay.js';

const root = new URL('../../', import.meta.url);
const [hostCode = '', playerCode = '', libraryCode = ''] = [
  ...readFileSync(new URL('README.md', root), 'utf8').matchAll(/```js\n([\s\S]+?)```/g),
].map(([, code]) => code);

const [sdkCode = ''] = [
  ...readFileSync(new URL('docs/sdk.md', root), 'utf8').matchAll(/```js\n([\s\S]+?)```/g),
].map(([, code]) => code);

/** Runs code in Node with substitutes for a browser, and returns its output line by line. */
function run(code: string, prelude = ''): AsyncIterator<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-'], {
    cwd: fileURLToPath(root),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end(`${prelude}\n${code}`);
  return lines(child.stdout);
}

async function* lines(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    yield* whole;
  }
}

const nextLine = async (output: AsyncIterator<string>) => (await output.next()).value;

test("the README's host and player play together", async () => {
  const { url, relay } = await startRelay();
  const host = run(hostCode.replace('ws://localhost:8081', url));
  const line = await nextLine(host);
  expect(line).toMatch(/^join with \w{4}$/);
  const code = line.slice(-4);
  const inBrowser = `import { WebSocket } from 'ws';
    Object.assign(globalThis, { WebSocket, prompt: () => '${code}' });`;
  const player = run(playerCode.replace('ws://localhost:8081', url), inBrowser);
  expect(await nextLine(player)).toBe('welcome');
  expect(await nextLine(host)).toBe('player 1 says hello from a phone');
  await relay.close();
  expect(await nextLine(host)).toBe('closed: 1012 relay restarting');
  expect(await nextLine(player)).toBe('closed: 1012 relay restarting');
});

test("the README's program runs", async () => {
  const code = libraryCode
    .replace("from 'lobby-relay'", "from './dist/index.js'")
    .replace('port: 8081', "port: 0, host: '127.0.0.1'");
  const output = run(code);
  expect(await nextLine(output)).toMatch(/^0 rooms, 0 players on port \d+$/);
});

test("the SDK reference's program runs", async () => {
  const { http } = await startRelay();
  const output = run(sdkCode.replace('http://localhost:8081', http));
  expect(await nextLine(output)).toBe('hello yourself');
  const ends = [await nextLine(output), await nextLine(output)];
  expect(ends.sort()).toEqual(['player: gameOver', 'room: stopped']);
  // When both ends are closed, nothing keeps the program running.
  expect(await nextLine(output)).toBeUndefined();
});
