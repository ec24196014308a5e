import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import axios from 'axios';
import oldAxios from 'axios-1.2';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { Host } from '../support/clients.js';
import { startRelay } from '../support/relay.js';
import { executable, needs, pathOf, type Tool } from '../support/tools.js';

/*
 * The answers to HTTP libraries with their default headers: they must be those of the Rust relay, which
 * clients of the protocol parse. Each library has its own defaults.
 */

interface Answer {
  readonly status: number;
  readonly type: string | null;
  /** `Access-Control-Allow-Origin`, where it can be read. */
  readonly origin: string | null | undefined;
  readonly body: unknown;
}

type Library = (url: string) => Promise<Answer>;

const run = promisify(execFile);

const SCRIPT = 'scripts/install-clients';
const PROGRAM = fileURLToPath(new URL('http-libraries.py', import.meta.url));
const AXIOS_FOR_BROWSERS = fileURLToPath(
  new URL('../../node_modules/axios-1.2/dist/axios.min.js', import.meta.url),
);
const CURL = executable('curl', '/usr/bin/curl', 'CURL', SCRIPT);
const PYTHON: Tool = { name: 'Python', files: ['/usr/bin/python3'], script: SCRIPT };
const REQUESTS: Tool = { ...PYTHON, probe: ['-c', 'import requests'] };

const NAME = 'Zürich & 🎲';

async function getsWhatItAlwaysGot(
  library: Library,
  sees: (origin: string) => string | undefined = String,
) {
  const { url, http } = await startRelay();
  const { code } = await Host.open(url, { name: NAME });
  const text = { type: expect.stringMatching(/^text\/plain\b/), origin: sees('*') };
  expect(await library(`${http}/${code}`)).toEqual({ status: 200, ...text, body: NAME });
  expect(await library(`${http}/BBBB`)).toEqual({ status: 404, ...text, body: 'Game not found' });
  // Clients poll it until the relay is up.
  const help = await library(`${http}/`);
  expect(help).toEqual({ status: 200, ...text, body: expect.stringContaining('/CREATE') });
}

const byAxios =
  (library: typeof axios): Library =>
  async (url) => {
    const { status, headers, data } = await library.get(url, { validateStatus: () => true });
    const origin = String(headers['access-control-allow-origin']);
    return { status, type: String(headers['content-type']), origin, body: data };
  };

const byFetch: Library = async (url) => {
  const answer = await fetch(url);
  const [type, origin] = ['content-type', 'access-control-allow-origin'].map((name) =>
    answer.headers.get(name),
  );
  return { status: answer.status, type: type ?? null, origin, body: await answer.text() };
};

const byCurl: Library = async (url) => {
  const { stdout } = await run(pathOf(CURL), ['--silent', '--include', url]);
  const end = stdout.indexOf('\r\n\r\n');
  const head = stdout.slice(0, end);
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1] ?? null;
  return {
    status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]),
    type: header('content-type'),
    origin: header('access-control-allow-origin'),
    body: stdout.slice(end + 4),
  };
};

const byPython =
  (library: 'urllib' | 'requests'): Library =>
  async (url) =>
    JSON.parse((await run(pathOf(PYTHON), ['-B', PROGRAM, library, url])).stdout);

test.each<[string, Library]>([
  ['axios', byAxios(axios)],
  ['axios 1.2', byAxios(oldAxios as unknown as typeof axios)],
  ['fetch in Node.js', byFetch],
])('%s', (_, library) => getsWhatItAlwaysGot(library));

test('curl', needs(CURL), () => getsWhatItAlwaysGot(byCurl));
test('urllib in Python', needs(PYTHON), () => getsWhatItAlwaysGot(byPython('urllib')));
test('requests in Python', needs(REQUESTS), () => getsWhatItAlwaysGot(byPython('requests')));

describe('Chromium, from a page of another origin', needs(CHROMIUM), () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchChromium();
  }, BROWSER_TIMEOUT);
  afterAll(() => browser?.close());

  /** A page with another origin than the relay's: it gets only what CORS allows. */
  async function otherOrigin(): Promise<Page> {
    const server = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>game</title>');
    });
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const page = await (browser as Browser).newPage();
    onTestFinished(() => page.close());
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return page;
  }

  // Pages cannot read that header.
  const hidden = () => undefined;

  test('fetch', async () => {
    const page = await otherOrigin();
    await getsWhatItAlwaysGot(
      (url) =>
        page.evaluate(async (asked) => {
          const answer = await fetch(asked);
          const type = answer.headers.get('content-type');
          return { status: answer.status, type, origin: undefined, body: await answer.text() };
        }, url),
      hidden,
    );
  });

  test('XMLHttpRequest', async () => {
    const page = await otherOrigin();
    await getsWhatItAlwaysGot(
      (url) =>
        page.evaluate(
          (asked) =>
            new Promise<Answer>((resolve, reject) => {
              // biome-ignore lint/suspicious/noExplicitAny: tests know no DOM
              const request = new (globalThis as any).XMLHttpRequest();
              request.open('GET', asked);
              request.onerror = reject;
              request.onload = () =>
                resolve({
                  status: request.status,
                  type: request.getResponseHeader('content-type'),
                  origin: undefined,
                  body: request.responseText,
                });
              request.send();
            }),
          url,
        ),
      hidden,
    );
  });

  test('axios 1.2', async () => {
    const page = await otherOrigin();
    await page.addScriptTag({ path: AXIOS_FOR_BROWSERS });
    await getsWhatItAlwaysGot(
      (url) =>
        page.evaluate(async (asked) => {
          // biome-ignore lint/suspicious/noExplicitAny: a script has put it there
          const { axios: library } = globalThis as any;
          const answer = await library.get(asked, { validateStatus: () => true });
          const type = answer.headers['content-type'];
          return { status: answer.status, type, origin: undefined, body: answer.data };
        }, url),
      hidden,
    );
  });

  test('a person who goes to the relay gets the page', async () => {
    const { http } = await startRelay();
    const page = await otherOrigin();
    await page.goto(http);
    expect(await page.locator('h1').count()).toBeGreaterThan(0);
  });
});
