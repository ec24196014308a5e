import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import * as packaged from '../../src/client/index.js';
import type { ListsContext } from '../../src/client/list/lists-context.js';
import type { ChannelsContext } from '../../src/client/rtc/channels.js';

const bundle = (name: string) => new URL(`../../dist/${name}`, import.meta.url);

/** The largest gzipped sizes of the bundles, in bytes. */
const MAX_BYTES = {
  'player.js': 11_800,
  'client.js': 21_350,
  'rtc.js': 2_700,
  'lists.js': 3_400,
};

/** The files that the bundles load on demand. They import nothing else. */
const ON_DEMAND = ['lists.js', 'rtc.js'];

test.each(Object.entries(MAX_BYTES))('the gzipped size of %s is within its limit', (name, max) => {
  expect(gzipSync(readFileSync(bundle(name)), { level: 9 }).length).toBeLessThan(max);
});

test.each(Object.keys(MAX_BYTES))('%s imports other files only on demand', (name) => {
  const code = readFileSync(bundle(name), 'utf8');
  const imports = code.match(/(?:^|[;}])import\b[^(]|\bimport\([^)]*\)|\brequire\(/g) ?? [];
  const loaded = [...code.matchAll(/"(\w+\.js)"/g)].map(([, file]) => file);
  const isLoaded = ON_DEMAND.includes(name);
  expect([imports.length, loaded.sort()]).toEqual(isLoaded ? [0, []] : [1, ON_DEMAND]);
});

test('client.js has the exports of the package, and player.js all of them except hosting, watching and matchmaking', async () => {
  const client = Object.keys(await import(bundle('client.js').href));
  const player = Object.keys(await import(bundle('player.js').href));
  expect(client.sort()).toEqual(Object.keys(packaged).sort());
  const missing = client.filter((name) => !player.includes(name));
  expect(missing).toEqual([
    'CommandError',
    'PlayError',
    'createRoom',
    'joinAudience',
    'play',
    'takeRoom',
  ]);
  expect(player.filter((name) => !client.includes(name))).toEqual([]);
});

/**
 * The members that rtc.js and lists.js may use of a page. The SDK is not published yet; from the first
 * published version on, none may be added, because pages of that version do not have it.
 */
const LISTS_CONTEXT = ['RelayError', 'join'];
const ROOM_ERROR = ['closeCode', 'retry', 'code'];
const CONTEXT = [
  'environment',
  'environment.clock',
  'environment.clock.after',
  'environment.clock.now',
  'environment.iceServers',
  'environment.RTCPeerConnection',
  'address',
  'address.page',
  'ChannelError',
  'signal',
  'opened',
];

/** Wraps an object so that only these members can be read. */
function only<Whole extends object>(whole: Whole, members: readonly string[], path = ''): Whole {
  return new Proxy(whole, {
    get(target, name) {
      const member = `${path}${String(name)}`;
      if (!members.includes(member)) throw new Error(`an older page has no ${member}`);
      const value: unknown = Reflect.get(target, name);
      const isPart = members.some((each) => each.startsWith(`${member}.`));
      return isPart ? only(value as object, members, `${member}.`) : value;
    },
  });
}

/** A peer connection, and its channel, which opens when the remote description is set. */
class Peer extends EventTarget {
  static readonly all: Peer[] = [];
  readyState = 'connecting';
  ondatachannel: ((event: { channel: Peer }) => void) | null = null;
  constructor() {
    super();
    Peer.all.push(this);
  }
  createDataChannel(): Peer {
    return this;
  }
  createOffer = async (): Promise<object> => ({ type: 'offer', sdp: 'x' });
  createAnswer = async (): Promise<object> => ({ type: 'answer', sdp: 'x' });
  async setLocalDescription(): Promise<void> {}
  async setRemoteDescription(): Promise<void> {
    this.ondatachannel?.({ channel: this });
    this.readyState = 'open';
    this.dispatchEvent(new Event('open'));
  }
  async addIceCandidate(): Promise<void> {}
  close(): void {}
}

test('rtc.js of a newer relay works in a page that was open before the update', async () => {
  const { Channels } = await import(bundle('rtc.js').href);
  const ends: { receive(message: object): void }[] = [];
  const opened: unknown[] = [];
  const context = (other: number) => {
    const whole = {
      environment: {
        clock: { now: () => 0, after: () => () => {} },
        iceServers: undefined,
        RTCPeerConnection: Peer,
      },
      address: { page: (path: string) => `http://127.0.0.1:1/${path}` },
      ChannelError: packaged.ChannelError,
      signal: ({ kind, body }) => {
        expect(kind).toBe('signal');
        ends[other]?.receive(only({ kind, body }, ['kind', 'body']));
      },
      opened: (channel) => opened.push(channel),
    } satisfies ChannelsContext;
    return only(whole, CONTEXT);
  };
  ends.push(new Channels(context(1)), new Channels(context(0)));
  const [one, other] = ends as InstanceType<typeof Channels>[];
  const [, theirs] = [await one.open({ label: 'x' }), Peer.all[1]];
  expect(opened).toEqual([theirs]);
  one.restart();
  other.close();
  await expect(other.open({})).rejects.toBeInstanceOf(packaged.ChannelError);
});

test('lists.js of a newer relay works in a page that was open before the update', async () => {
  const { requestRooms, joinListed } = await import(bundle('lists.js').href);
  const rooms = ['BCDF', 'GHJK'].map((code) => ({ code, players: 1, max_players: 8 }));
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(rooms)));
  onTestFinished(() => void vi.unstubAllGlobals());
  const tried: unknown[] = [];
  const join = (async (url, code, options, closed) => {
    tried.push([url, code, options]);
    const error = only(new packaged.RelayError(4007, 'room full'), [...ROOM_ERROR]);
    if (code === 'GHJK') throw error;
    closed?.(error);
    return { code } as packaged.Seat;
  }) satisfies ListsContext['join'];
  const context = only({ RelayError: packaged.RelayError, join }, LISTS_CONTEXT);
  const listed = await requestRooms(context, 'ws://relay', 'games');
  expect(listed.map(({ code }: packaged.ListedRoom) => code)).toEqual(['BCDF', 'GHJK']);
  const options = { about: 'Ana', WebSocket: class {} };
  expect(await joinListed(context, 'ws://relay', 'games', options)).toEqual({ code: 'BCDF' });
  expect(tried).toEqual(['GHJK', 'BCDF'].map((code) => ['ws://relay', code, options]));
});

test.each(['player.js', 'client.js'])(
  'public lists of %s load lists.js, and throw its own errors',
  async (name) => {
    const { listRooms, quickJoin, RelayError } = await import(bundle(name).href);
    vi.stubGlobal('fetch', async () => new Response('', { status: 404 }));
    onTestFinished(() => void vi.unstubAllGlobals());
    const options = { WebSocket: class {}, storage: null };
    for (const request of [
      listRooms('ws://relay', 'games'),
      quickJoin('ws://relay', 'games', options),
    ]) {
      const error = await request.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RelayError);
      expect(error.code).toBe('unsupported');
    }
    await expect(listRooms('ws://relay', 'a b')).rejects.toThrow(RangeError);
  },
);
