import { afterEach, expect, test, vi } from 'vitest';
import { createRoom, joinRoom } from '../../../src/client/index.js';
import { MemoryStorage } from '../../support/memory-storage.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

/** A document that is prerendered until the test activates it. */
class PrerenderedDocument extends EventTarget {
  prerendering = true;
  visibilityState = 'hidden';

  activate(): void {
    this.prerendering = false;
    this.dispatchEvent(new Event('prerenderingchange'));
  }
}

afterEach(() => vi.unstubAllGlobals());

test.each<[string, (options: object) => Promise<unknown>]>([
  ['createRoom', (options) => createRoom('ws://relay', options)],
  ['joinRoom', (options) => joinRoom('ws://relay', 'BCDF', options)],
])('%s stores, reads and sends nothing before the page is opened', async (_name, call) => {
  const { WebSocket, clock } = stillEnvironment();
  const fetch = vi.fn(() => Promise.reject(new TypeError('no network')));
  vi.stubGlobal('fetch', fetch);
  const document = new PrerenderedDocument();
  vi.stubGlobal('document', document);
  const storage = new MemoryStorage();
  const used = vi.fn();
  const watched = new Proxy(storage, {
    get: (target, name, receiver) => {
      used(name);
      return Reflect.get(target, name, receiver);
    },
  });
  call({ WebSocket, clock, storage: watched }).catch(() => {});
  // More turns than it takes without prerendering.
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  clock.pass(60_000);
  expect([FakeSocket.all, used.mock.calls, fetch.mock.calls, clock.timers]).toEqual([
    [],
    [],
    [],
    0,
  ]);
  document.activate();
  await vi.waitFor(() => expect(FakeSocket.all.length).toBe(1));
});
