import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_TIMEOUT, newDevice, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { FIREFOX, launchFirefox, newFirefoxPage } from '../support/firefox.js';
import { startRelay } from '../support/relay.js';
import { codeOn } from '../support/sketch.js';
import { needs } from '../support/tools.js';

/** Ways in which a browser denies an API: by its property, by its constructor, by a method. */
const TOOLS = `
  const denied = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };
  const property = (owner, name) => Object.defineProperty(owner, name, { get: denied, configurable: true });
  const value = (owner, name, value) => Object.defineProperty(owner, name, { value, configurable: true });
  const constructor = (name) => value(window, name, class { constructor() { denied(); } });
  const method = (owner, name) => value(owner, name, denied);
`;

/** APIs that only the SDK uses. */
const STORAGE_AND_LOCKS: Record<string, string> = {
  'sessionStorage is denied': `property(window, 'sessionStorage');`,
  'localStorage is denied': `property(window, 'localStorage');`,
  'all storage is denied': `property(window, 'sessionStorage'); property(window, 'localStorage');`,
  'storage cannot be read': `method(Storage.prototype, 'getItem'); method(Storage.prototype, 'key');`,
  'storage has no length': `property(Storage.prototype, 'length');`,
  'storage is full': `method(Storage.prototype, 'setItem');`,
  'storage cannot be emptied': `method(Storage.prototype, 'removeItem');`,
  'BroadcastChannel is denied': `property(window, 'BroadcastChannel');`,
  'BroadcastChannel cannot be made': `constructor('BroadcastChannel');`,
  'BroadcastChannel cannot be used': `value(navigator, 'locks', undefined);
    method(BroadcastChannel.prototype, 'postMessage'); method(BroadcastChannel.prototype, 'close');`,
  'BroadcastChannel cannot be heard': `value(navigator, 'locks', undefined);
    Object.defineProperty(BroadcastChannel.prototype, 'onmessage', { set: denied });`,
  'locks are denied': `property(navigator, 'locks');`,
  'locks throw': `if (window.LockManager) method(LockManager.prototype, 'request');`,
  'locks reject': `if (window.LockManager) value(LockManager.prototype, 'request', () => Promise.reject(new DOMException('no', 'SecurityError')));`,
  'locks never settle': `if (window.LockManager) value(LockManager.prototype, 'request', () => new Promise(() => {}));`,
};

/** APIs that are used in different places, so that one page can do without all of them at once. */
const INDEPENDENT: readonly string[] = [
  // the visibility is denied
  `property(Document.prototype, 'visibilityState');`,
  // prerendering is denied
  `property(Document.prototype, 'prerendering');`,
  // structuredClone throws
  `method(window, 'structuredClone');`,
  // queueMicrotask is missing
  `value(window, 'queueMicrotask', undefined);`,
  // requests cannot be aborted
  `constructor('AbortController'); method(AbortSignal, 'timeout');`,
  // the screen cannot be kept on
  `property(Navigator.prototype, 'wakeLock');`,
  // the visible part is denied
  `property(window, 'visualViewport');`,
  // sizes cannot be observed
  `constructor('ResizeObserver');`,
  // the address cannot be changed
  `method(History.prototype, 'replaceState');`,
];

const EVERYTHING_ELSE: Record<string, string> = {
  'what makes a page comfortable is denied': INDEPENDENT.join(' '),
  'all of storage and locks is denied': `property(window, 'sessionStorage'); property(window, 'localStorage');
    property(navigator, 'locks'); constructor('BroadcastChannel');`,
  'navigator is denied': `property(window, 'navigator');`,
  'the document tells no events': `method(document, 'addEventListener'); method(document, 'removeEventListener');`,
  'the page tells no events': `method(window, 'addEventListener'); method(window, 'removeEventListener');`,
  'the clock throws': `method(Performance.prototype, 'now'); method(Performance.prototype, 'getEntriesByType');`,
  'crypto is denied': `property(window, 'crypto');`,
  'crypto throws': `method(Crypto.prototype, 'getRandomValues'); method(Crypto.prototype, 'randomUUID');`,
  'fetch is missing': `value(window, 'fetch', undefined);`,
  'fetch throws': `method(window, 'fetch');`,
  'fetch never settles': `value(window, 'fetch', () => new Promise(() => {}));`,
  'WebRTC is denied': `property(window, 'RTCPeerConnection');`,
  'WebRTC cannot be used': `constructor('RTCPeerConnection');`,
};

interface Round {
  readonly received: unknown[];
  readonly channel: string;
  readonly none: string;
}

const WELL_PLAYED = { received: ['up', [1, 2], 'gameOver'], none: 'noSuchRoom' };

/** A host and a player in one page: text and bytes in each direction, and a data channel if possible. */
function play(relay: string): string {
  return `(async () => {
    const { createRoom, joinRoom } = await import('${relay}/client.js');
    const room = await createRoom('${relay}', { name: 'round', hold: 5 });
    const me = await joinRoom('${relay}', room.code);
    const next = (emitter, name) =>
      new Promise((resolve) => emitter.on(name, (...all) => resolve(all.at(-1))));
    const [atHost, atPlayer] = [next(room, 'message'), next(me, 'message')];
    me.send('up');
    room.send(Uint8Array.of(1, 2));
    const received = [await atHost, [...await atPlayer]];
    const opening = me.openChannel({ timeout: 5000 });
    const channel = await opening.then(() => 'open', (error) => error.code);
    const closed = next(me, 'close');
    room.stop();
    received.push((await closed).code);
    const none = await joinRoom('${relay}', room.code).catch((error) => error.code);
    return { received, channel, none };
  })()`;
}

describe('a browser in which', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();

  async function openDevice(script: string): Promise<BrowserContext> {
    const complaints: string[] = [];
    const device = await newDevice(relay.browser, complaints);
    await device.addInitScript(`{ ${TOOLS} ${script} }`);
    onTestFinished(async () => {
      await device.close();
      // A request that the test denies is not an error of the page.
      expect(complaints.filter((each) => !each.includes('404 (Not Found)'))).toEqual([]);
    });
    return device;
  }

  async function open(device: BrowserContext, path: string): Promise<Page> {
    const page = await device.newPage();
    await page.goto(relay.http + path);
    return page;
  }

  const all = Object.entries({ ...STORAGE_AND_LOCKS, ...EVERYTHING_ELSE });

  test.each(all)('%s plays a round with the SDK', async (_name, script) => {
    const page = await open(await openDevice(script), '/health');
    const { channel, ...round } = await page.evaluate<Round>(play(relay.http));
    expect(round).toEqual(WELL_PLAYED);
    expect(channel).toMatch(script.includes('RTCPeerConnection') ? /^un/ : /^open$/);
  });

  test.each(Object.entries(EVERYTHING_ELSE))('%s shows the demo', async (_name, script) => {
    const device = await openDevice(script);
    const screen = await open(device, '/sketch');
    const code = await codeOn(screen);
    const phone = await open(device, `/sketch?code=${code}`);
    await phone.getByLabel('Your name').fill('Ann');
    await phone.getByRole('button', { name: 'Play' }).click();
    await phone.getByText('You are in!').waitFor();
    await screen.getByText('Ann').first().waitFor();
    const front = await open(device, '/');
    const isAsked = !script.includes('fetch');
    const status = isAsked ? 'This relay is up' : 'This relay is not responding';
    await front.getByText(status).waitFor();
  });

  test('a frame without an origin plays a round with the SDK', async () => {
    const page = await open(await openDevice(''), '/health');
    const frame = `<!doctype html><script type="module">
      parent.postMessage(await ${play(relay.http)}, '*');
    </script>`;
    const round = await page.evaluate<Round>(`new Promise((resolve) => {
      addEventListener('message', ({ data }) => resolve(data));
      const frame = document.createElement('iframe');
      frame.sandbox = 'allow-scripts';
      frame.srcdoc = ${JSON.stringify(frame).replaceAll('</', '<\\/')};
      document.body.append(frame);
    })`);
    expect(round).toMatchObject(WELL_PLAYED);
  });
});

describe('Firefox that blocks cookies', needs(FIREFOX, { timeout: BROWSER_TIMEOUT }), () => {
  test('plays a round with the SDK, and shows the demo', async () => {
    const { http } = await startRelay();
    const browser = await launchFirefox({ 'network.cookie.cookieBehavior': 2 });
    onTestFinished(() => browser.close());
    const complaints: string[] = [];
    const page = await newFirefoxPage(browser, complaints);
    await page.goto(`${http}/health`);
    await expect(page.evaluate('sessionStorage')).rejects.toThrow('insecure');
    expect(await page.evaluate(play(http))).toMatchObject(WELL_PLAYED);
    await page.goto(`${http}/sketch`);
    await page.waitForFunction(
      `/^[A-Z]{4}$/.test(document.querySelector('#code-tiles').textContent)`,
    );
    expect(complaints.filter((each) => each.includes('insecure'))).toEqual([]);
  });
});
