import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Candidate, RelayErrorName } from '../../src/client/index.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { startRelay } from '../support/relay.js';
import { eventsOf, SdkPage } from '../support/sdk-pages.js';

describe('a host that is asked', () => {
  test('admits a player, who then joins under the same id', async () => {
    const { url } = await startRelay();
    const room = await new SdkPage().createRoom(url, { ask: true });
    const [asks, ends, joins] = [
      eventsOf(room, 'ask'),
      eventsOf(room, 'askEnd'),
      eventsOf(room, 'join'),
    ];
    const joining = new SdkPage().joinRoom(url, room.code, { about: { name: 'Ana' } });
    const candidate: Candidate = await asks.next();
    expect(candidate).toMatchObject({ id: 1, about: { name: 'Ana' }, asking: true });
    expect([room.candidates, room.players]).toEqual([[candidate], []]);
    candidate.admit();
    expect(await ends.next()).toBe(candidate);
    const seat = await joining;
    expect(await joins.next()).toMatchObject({ id: 1, about: { name: 'Ana' } });
    expect([candidate.asking, room.candidates, seat.id]).toEqual([false, [], 1]);
  });

  test('may take its time: the player has not joined before that', async () => {
    const { url } = await startRelay();
    const room = await new SdkPage().createRoom(url, { ask: true });
    const asks = eventsOf(room, 'ask');
    // After half a second without a greeting, the player asks the relay what is wrong.
    const request = vi.spyOn(globalThis, 'fetch');
    onTestFinished(() => request.mockRestore());
    let isJoined = false;
    const joining = new SdkPage().joinRoom(url, room.code).then((seat) => {
      isJoined = true;
      return seat;
    });
    const candidate = await asks.next();
    await vi.waitFor(() => expect(request).toHaveBeenCalled(), { timeout: 10_000 });
    await request.mock.results[0]?.value;
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(isJoined).toBe(false);
    candidate.admit();
    expect(await joining).toMatchObject({ id: 1, status: 'open', host: 'connected' });
  });

  test('refuses a player for good', async () => {
    const { url } = await startRelay();
    const room = await new SdkPage().createRoom(url, { ask: true });
    room.on('ask', (candidate) => candidate.refuse());
    const joining = new SdkPage().joinRoom(url, room.code);
    await expect(joining).rejects.toMatchObject({ code: 'kicked', retry: 'no' });
    expect([room.candidates, room.players]).toEqual([[], []]);
  });

  test('learns that a candidate has left', async () => {
    const { url } = await startRelay();
    const room = await new SdkPage().createRoom(url, { ask: true });
    const [asks, ends] = [eventsOf(room, 'ask'), eventsOf(room, 'askEnd')];
    const leave = new AbortController();
    const joining = new SdkPage().joinRoom(url, room.code, { signal: leave.signal });
    joining.catch(() => {});
    const candidate = await asks.next();
    leave.abort();
    expect(await ends.next()).toBe(candidate);
    candidate.admit();
    expect(candidate.asking).toBe(false);
  });

  test('has the candidates after a reload, and may admit them while it is disconnected', async () => {
    const { url } = await startRelay();
    const storage = new MemoryStorage();
    const first = new SdkPage({ storage });
    const before = await first.createRoom(url, { ask: true });
    const joining = new SdkPage().joinRoom(url, before.code, { about: 'Ana' });
    await eventsOf(before, 'ask').next();
    first.kill();

    const page = new SdkPage({ storage });
    const room = await page.createRoom(url, { ask: true });
    expect(room).toMatchObject({ code: before.code, resumed: true });
    const ana = await eventsOf(room, 'ask').next();
    expect(ana.about).toBe('Ana');
    const away = new Promise<void>((resolve) => {
      room.on('status', (status) => status === 'away' && resolve());
    });
    page.breakConnection();
    await away;
    ana.admit();
    expect((await joining).id).toBe(ana.id);
    expect(room.players).toMatchObject([{ id: ana.id, about: 'Ana' }]);
  });

  test('gets no `ask` for a candidate who has left before there was a listener', async () => {
    const { url } = await startRelay();
    const room = await new SdkPage().createRoom(url, { ask: true });
    const ends = eventsOf(room, 'askEnd');
    const leave = new AbortController();
    new SdkPage().joinRoom(url, room.code, { signal: leave.signal }).catch(() => {});
    while (room.candidates.length === 0) await new Promise(setImmediate);
    leave.abort();
    const first = await ends.next();
    void new SdkPage().joinRoom(url, room.code).catch(() => {});
    const asked = await eventsOf(room, 'ask').next();
    expect([first.id, asked.id]).toEqual([1, 2]);
  });
});

describe('a password', () => {
  test('is needed to join, but not to reconnect', async () => {
    const { url } = await startRelay();
    const room = await new SdkPage().createRoom(url, { password: 'open sesame' });
    for (const options of [{ password: 'sesame' }, {}]) {
      const joining = new SdkPage().joinRoom(url, room.code, options);
      await expect(joining).rejects.toMatchObject({
        code: 'wrongPassword' satisfies RelayErrorName,
        closeCode: 4011,
        retry: 'no',
      });
    }
    const storage = new MemoryStorage();
    const page = new SdkPage({ storage });
    const seat = await page.joinRoom(url, room.code, { password: 'open sesame' });
    page.kill();
    const again = await new SdkPage({ storage }).joinRoom(url, room.code);
    expect([seat.id, again.id]).toEqual([1, 1]);
  });

  test('is one of the options that a resumed room must have', async () => {
    const { url } = await startRelay();
    const storage = new MemoryStorage();
    const open = (password?: string) => {
      return new SdkPage({ storage }).createRoom(url, password === undefined ? {} : { password });
    };
    const { code } = await open('one');
    expect(await open('one')).toMatchObject({ code, resumed: true });
    expect(await open('other')).toMatchObject({ resumed: false });
    expect(await open('one')).toMatchObject({ resumed: false });
    expect(await open()).toMatchObject({ resumed: false });
    const stored = storage.getItem(storage.key(0) ?? '');
    expect(stored).toContain('token');
    expect(stored).not.toContain('one');
  });
});

test('a room has the code that its host has chosen, if the relay allows it', async () => {
  const custom = await startRelay({ customCodes: true });
  const room = await new SdkPage().createRoom(custom.url, { code: 'FUNX' });
  expect(room.code).toBe('FUNX');
  const second = await new SdkPage().createRoom(custom.url, { code: 'FUNX' });
  expect(second.code).not.toBe('FUNX');
  const { url } = await startRelay();
  expect((await new SdkPage().createRoom(url, { code: 'FUNX' })).code).not.toBe('FUNX');
});
