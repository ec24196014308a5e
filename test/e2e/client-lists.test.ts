import { describe, expect, test } from 'vitest';
import { type ListedRoom, type ListOptions, listRooms } from '../../src/client/index.js';
import { freePort } from '../support/free-port.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { startRelay } from '../support/relay.js';
import { closeOf, SdkPage } from '../support/sdk-pages.js';

const LIST = 'my-quiz';

const startWithLists = () => startRelay({ list: true });

const openRoom = (url: string, options = {}) =>
  new SdkPage().createRoom(url, { list: LIST, ...options });

describe('a public list', () => {
  test('has the rooms that can be joined, with what their hosts say', async () => {
    const { url } = await startWithLists();
    const first = await openRoom(url, { name: 'Quiz', maxPlayers: 3, listing: { level: 3 } });
    const second = await openRoom(url, { password: 'open sesame' });
    await openRoom(url, { list: 'other' });
    await new SdkPage().joinRoom(url, first.code);
    const expected: ListedRoom[] = [
      {
        code: second.code,
        name: '',
        players: 0,
        maxPlayers: 8,
        password: true,
        listing: undefined,
      },
      {
        code: first.code,
        name: 'Quiz',
        players: 1,
        maxPlayers: 3,
        password: false,
        listing: { level: 3 },
      },
    ];
    expect(await listRooms(url, LIST)).toEqual(expected);
    const options: ListOptions = { after: second.code };
    expect(await listRooms(url, LIST, options)).toEqual(expected.slice(1));
    expect([first.listed, (await new SdkPage().createRoom(url)).listed]).toEqual([true, false]);
    expect(await listRooms(url, 'unknown')).toEqual([]);
    second.set({ name: 'Tea', listing: 'beginners' });
    while (second.name !== 'Tea') await new Promise(setImmediate);
    const [changed] = await listRooms(url, LIST);
    expect(changed).toMatchObject({ name: 'Tea', listing: 'beginners' });
    expect(() => second.set({ list: 'a b' })).toThrow(RangeError);
    second.set({ name: 'Hidden', list: '' });
    while ((second.name as string) !== 'Hidden') await new Promise(setImmediate);
    expect((await listRooms(url, LIST)).map(({ name }) => name)).not.toContain('Hidden');
  });

  test('is missing at a relay without lists, and at one that is not there', async () => {
    const { url } = await startRelay();
    const room = await openRoom(url);
    expect(room.listed).toBe(false);
    await expect(listRooms(url, LIST)).rejects.toMatchObject({ code: 'unsupported', retry: 'no' });
    const nobody = `ws://127.0.0.1:${await freePort()}`;
    const listed = listRooms(nobody, LIST);
    await expect(listed).rejects.toMatchObject({ code: 'unreachable', retry: 'yes' });
  });

  test.each(['', 'a b', 'x'.repeat(65), 'ä'])('cannot have the name "%s"', async (name) => {
    const { url } = await startWithLists();
    await expect(listRooms(url, name)).rejects.toThrow(RangeError);
    await expect(new SdkPage().quickJoin(url, name)).rejects.toThrow(RangeError);
    await expect(openRoom(url, { list: name })).rejects.toThrow(RangeError);
  });
});

describe('quick join', () => {
  test('fills the fullest room first, and leaves out rooms with a password', async () => {
    const { url } = await startWithLists();
    await openRoom(url, { maxPlayers: 4 });
    const fuller = await openRoom(url, { maxPlayers: 2 });
    await new SdkPage().joinRoom(url, fuller.code);
    const locked = await openRoom(url, { maxPlayers: 1, password: 'open sesame' });
    const seat = await new SdkPage().quickJoin(url, LIST, { about: 'Ana' });
    expect(seat.code).toBe(fuller.code);
    expect(fuller.players[1]?.about).toBe('Ana');
    const next = await new SdkPage().quickJoin(url, LIST);
    expect([fuller.code, locked.code]).not.toContain(next.code);
  });

  test('fails if there is no room', async () => {
    const { url } = await startWithLists();
    await expect(new SdkPage().quickJoin(url, LIST)).rejects.toMatchObject({ code: 'noSuchRoom' });
    await openRoom(url, { password: 'open sesame' });
    await expect(new SdkPage().quickJoin(url, LIST)).rejects.toMatchObject({ code: 'noSuchRoom' });
    await expect(new SdkPage().quickJoin(url, LIST, { abut: 1 } as object)).rejects.toThrow(
      'quickJoin: there is no option abut',
    );
  });

  test('tries another room if the host of the first one refuses', async () => {
    const { url } = await startWithLists();
    const open = await openRoom(url, { maxPlayers: 8 });
    const asking = await openRoom(url, { maxPlayers: 2, ask: true });
    asking.on('ask', (candidate) => {
      if (candidate.about === 'friend') candidate.admit();
      else candidate.refuse();
    });
    await new SdkPage().joinRoom(url, asking.code, { about: 'friend' });
    expect((await new SdkPage().quickJoin(url, LIST)).code).toBe(open.code);
  });

  test('returns to the seat of a reloaded page, but not to one that was left', async () => {
    const { url } = await startWithLists();
    await openRoom(url, { maxPlayers: 1 });
    const two = await openRoom(url, { maxPlayers: 9 });
    const storage = new MemoryStorage();
    const page = new SdkPage({ storage });
    await new SdkPage().joinRoom(url, two.code);
    const seat = await page.quickJoin(url, LIST);
    expect(seat.code).toBe(two.code);
    two.start();
    page.kill();
    const again = await new SdkPage({ storage }).quickJoin(url, LIST);
    expect([again.code, again.id]).toEqual([two.code, seat.id]);
    const closed = closeOf(again);
    again.leave();
    await closed;
    two.open();
    const fuller = await openRoom(url, { maxPlayers: 2 });
    await new SdkPage().joinRoom(url, fuller.code);
    expect((await new SdkPage({ storage }).quickJoin(url, LIST)).code).toBe(fuller.code);
  });
});
