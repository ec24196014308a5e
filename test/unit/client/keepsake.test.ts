import { expect, onTestFinished, test } from 'vitest';
import type { KeyStorage } from '../../../src/client/api.js';
import { resolve } from '../../../src/client/environment.js';
import { Keepsake } from '../../../src/client/keepsake.js';
import { FakeSocket } from './fakes.js';

/** As `sessionStorage` is: one for each tab, which begins as a copy if the tab does. */
class Tab implements KeyStorage {
  readonly #kept: Map<string, string>;

  constructor(original?: Tab) {
    this.#kept = new Map(original === undefined ? [] : original.#kept);
  }

  getItem(key: string): string | null {
    return this.#kept.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#kept.set(key, value);
  }

  removeItem(key: string): void {
    this.#kept.delete(key);
  }
}

function keepsakeIn(tab: Tab): Keepsake {
  const environment = { ...resolve({ WebSocket: FakeSocket }), storage: tab, copied: true };
  const keepsake = new Keepsake(environment, 'room');
  onTestFinished(() => keepsake.release());
  return keepsake;
}

test('a duplicated tab finds nothing, though the first one has kept something else since', async () => {
  const tab = new Tab();
  const keepsake = keepsakeIn(tab);
  keepsake.keep('a room');
  const duplicate = new Tab(tab);
  keepsake.keep('the room with one more player');
  expect(await keepsakeIn(duplicate).find()).toBeUndefined();
});

test('what was kept is found again, though its browser was killed', async () => {
  const tab = new Tab();
  const killed = keepsakeIn(tab);
  killed.keep('a room');
  const restored = new Tab(tab);
  killed.release();
  expect(await keepsakeIn(restored).find()).toBe('a room');
});

test('two tabs with rooms of their own do not answer for each other', async () => {
  const [tab, other] = [new Tab(), new Tab()];
  const killed = keepsakeIn(tab);
  killed.keep('a room');
  keepsakeIn(other).keep('another room');
  const restored = new Tab(tab);
  killed.release();
  expect(await keepsakeIn(restored).find()).toBe('a room');
});

test.each(['release', 'drop'] as const)(
  'of two in one tab, a %s of the first leaves the second',
  async (end) => {
    const tab = new Tab();
    const first = keepsakeIn(tab);
    first.keep('a seat');
    const second = keepsakeIn(tab);
    expect(await second.find()).toBeUndefined();
    second.keep('another seat');
    first[end]();
    expect(await keepsakeIn(new Tab(tab)).find()).toBeUndefined();
    second.release();
    expect(await keepsakeIn(tab).find()).toBe('another seat');
  },
);
