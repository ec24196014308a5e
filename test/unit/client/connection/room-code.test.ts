import { expect, test, vi } from 'vitest';
import { RelayAddress } from '../../../../src/client/connection/relay-address.js';
import { joinRoom, parseCode, RelayError } from '../../../../src/client/index.js';
import { MemoryStorage } from '../../../support/memory-storage.js';
import { FakeSocket, stillEnvironment } from '../fakes.js';

/** Texts that people may type or paste, and that no room can have as its code. */
const INVALID_CODES: readonly unknown[] = [
  '',
  ' ',
  'create',
  'CREATE',
  'BCD',
  'BCDFGHJKL',
  'BC D',
  'BC DF',
  'BCD\n',
  'BCDF\nBCDF',
  'BCD1',
  '../x',
  '/BCD',
  'BCD/',
  'a?b',
  'B?BC',
  'BCD#',
  '%2e',
  '%42C',
  '....',
  'BCDF?seat=1',
  'ＢＣＤＦ',
  // In capitals, `ﬀ` is two letters.
  'BCDﬀ',
  // Letters whose upper case, or lower case, is an ASCII letter.
  'BCDſ',
  'BCD\u212a',
  'BCD\u200b',
  null,
  undefined,
  1234,
  ['BCDF'],
];

test.each(INVALID_CODES)('joinRoom rejects %j as noSuchRoom, and sends nothing', async (code) => {
  const { WebSocket, clock } = stillEnvironment();
  const storage = new MemoryStorage();
  const write = vi.spyOn(storage, 'setItem');
  const joining = joinRoom('ws://relay', code as string, { WebSocket, clock, storage });
  const error = await joining.catch((reason) => reason);
  expect(error).toBeInstanceOf(RelayError);
  expect(error).toMatchObject({ code: 'noSuchRoom', closeCode: 4004, retry: 'no' });
  expect(FakeSocket.all).toEqual([]);
  expect(write).not.toHaveBeenCalled();
  expect(parseCode(code)).toBeUndefined();
});

test.each(['BCDF', 'bcdf', 'bCdF', ' BCDF ', '\tbcdf\r\n', '\u00a0BCDF', '\ufeffBCDF'])(
  'joinRoom reads %j as the code BCDF',
  async (code) => {
    const { WebSocket, clock } = stillEnvironment();
    joinRoom('ws://relay', code, { WebSocket, clock, storage: null }).catch(() => {});
    await vi.waitFor(() => expect(FakeSocket.all.length).toBe(1));
    expect(new URL(FakeSocket.last.url).pathname).toBe('/BCDF');
  },
);

test.each(['FUNX', 'BCDFG', 'bcdfghjk', 'health'])('%s is a code of some relay', (code) => {
  expect(parseCode(code)).toBe(code.toUpperCase());
});

test.each([
  ['ws://relay', 'ws://relay/BCDF'],
  ['https://relay', 'wss://relay/BCDF'],
  ['http://relay:8081/', 'ws://relay:8081/BCDF'],
  ['https://relay/games', 'wss://relay/games/BCDF'],
  ['https://relay/games///', 'wss://relay/games/BCDF'],
  ['https://relay//', 'wss://relay/BCDF'],
  ['https://relay/games?code=ABCD#top', 'wss://relay/games/BCDF'],
  ['HTTPS://RELAY/Games/?', 'wss://relay/Games/BCDF'],
  [' http://relay ', 'ws://relay/BCDF'],
  ['http://[::1]:8081', 'ws://[::1]:8081/BCDF'],
])('for the relay %s, the room BCDF is at %s', (relay, room) => {
  expect(new RelayAddress(relay).socket('BCDF')).toBe(room);
});

test.each(['', 'relay', 'localhost:8081', '//relay', 'javascript:alert(1)', 'ftp://relay', 'ws:'])(
  '%j is not the URL of a relay',
  (url) => {
    expect(() => new RelayAddress(url)).toThrow(TypeError);
    expect(() => new RelayAddress(url)).toThrow(/^not the address of a relay: .*https:/);
  },
);
