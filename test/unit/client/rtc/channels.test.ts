import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RelayAddress } from '../../../../src/client/connection/relay-address.js';
import type { ResolvedEnvironment } from '../../../../src/client/environment.js';
import { ChannelError } from '../../../../src/client/errors/channel-error.js';
import { Channels } from '../../../../src/client/rtc/channels.js';
import type { Message } from '../../../../src/client/session/envelope.js';
import { settle, stillEnvironment } from '../fakes.js';

class FakeChannel extends EventTarget {
  readyState = 'connecting';
  /** Like Chromium, dispatches no event for a close that its connection causes. */
  close(): void {
    this.readyState = 'closing';
  }

  open(): void {
    this.readyState = 'open';
    this.dispatchEvent(new Event('open'));
  }
}

/** A peer connection that never finds a path to the other end. */
class FakePeer {
  connectionState = 'new';
  iceConnectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  ondatachannel: ((event: { channel: FakeChannel }) => void) | null = null;
  readonly channel = new FakeChannel();
  readonly candidates: unknown[] = [];
  isClosed = false;

  enter(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  createDataChannel(): FakeChannel {
    return this.channel;
  }

  async createOffer(): Promise<object> {
    return { type: 'offer', sdp: '' };
  }

  async createAnswer(): Promise<object> {
    return { type: 'answer', sdp: '' };
  }

  async setLocalDescription(): Promise<void> {}
  async setRemoteDescription(): Promise<void> {}
  async addIceCandidate(candidate: unknown): Promise<void> {
    this.candidates.push(candidate);
  }
  close(): void {
    this.isClosed = true;
  }
}

/** One end, with the signals that it has sent and the peer connections that it has created. */
function newEnd(changes: Partial<ResolvedEnvironment> = {}) {
  const signals: Message[] = [];
  const peers: FakePeer[] = [];
  class RTCPeerConnection extends FakePeer {
    constructor() {
      super();
      peers.push(this);
    }
  }
  const still = stillEnvironment();
  const environment = { ...still, RTCPeerConnection, iceServers: [], ...changes };
  const opened: unknown[] = [];
  const channels = new Channels({
    environment,
    address: new RelayAddress('ws://relay'),
    ChannelError,
    signal: (message) => signals.push(message),
    opened: (channel) => opened.push(channel),
  });
  return { channels, signals, peers, opened, clock: still.clock };
}

/** An end with an open channel, and the `close` events that the game gets. */
async function withOpenChannel() {
  const end = newEnd();
  const opened = end.channels.open({});
  await settle();
  const [peer] = end.peers as [FakePeer];
  peer.channel.open();
  await opened;
  const closes: unknown[] = [];
  peer.channel.addEventListener('close', (event) => closes.push(event));
  return { ...end, peer, closes };
}

/** A signal with any content. */
function signalOf(signal: object | string): Message {
  const text = typeof signal === 'string' ? signal : JSON.stringify(signal);
  return { kind: 'signal', body: new TextEncoder().encode(text) };
}

const OFFER = { type: 'offer', sdp: 'x' };

function read({ body }: Message): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}

test('signals for the page before a reload do not affect the page after it', async () => {
  const [host, oldPage, newPage] = [newEnd(), newEnd(), newEnd()];
  oldPage.channels.open({}).catch(() => {});
  await settle();
  for (const signal of oldPage.signals) host.channels.receive(signal);
  await settle();
  const opened = newPage.channels.open({});
  await settle();
  host.channels.restart();
  expect(host.signals.length).toBeGreaterThan(0);
  for (const signal of host.signals) newPage.channels.receive(signal);
  const [peer] = newPage.peers;
  peer?.channel.open();
  expect(await opened).toBe(peer?.channel);
});

/** The constructor of a browser that creates no more peer connections. */
class FailingPeer {
  constructor() {
    throw new DOMException('too many', 'UnknownError');
  }
}

test('a browser that refuses to create a peer connection causes an error event', async () => {
  const { channels, signals } = newEnd({ RTCPeerConnection: FailingPeer });
  await expect(channels.open({})).rejects.toMatchObject({
    name: 'ChannelError',
    code: 'unreachable',
    cause: { message: 'too many' },
  });
  expect(signals.map(read)).toMatchObject([{ by: 'opener', failed: 'unreachable' }]);
});

test('the other end is notified at once if a peer connection cannot be created', async () => {
  const [opener, other] = [newEnd(), newEnd({ RTCPeerConnection: FailingPeer })];
  const opened = opener.channels.open({});
  await settle();
  for (const signal of opener.signals) other.channels.receive(signal);
  await settle();
  for (const signal of other.signals) opener.channels.receive(signal);
  opener.clock.pass(15_000);
  await expect(opened).rejects.toMatchObject({ code: 'unreachable' });
});

test('opening a channel fails at once if the other end leaves during the request for ICE servers', async () => {
  let answer = (_response: Response): void => {};
  const response = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  vi.stubGlobal('fetch', () => response);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { channels, peers } = newEnd({ iceServers: undefined });
  const opened = channels.open({});
  channels.close();
  answer(Response.json({ iceServers: [] }));
  await expect(opened).rejects.toMatchObject({ code: 'closed' });
  expect(peers).toEqual([]);
});

describe('an open channel is closed once, and its connection too', () => {
  test.each<[string, (end: Awaited<ReturnType<typeof withOpenChannel>>) => void]>([
    ['when the connection has failed', ({ peer }) => peer.enter('failed')],
    ['when the browser has closed the connection', ({ peer }) => peer.enter('closed')],
    [
      'when the connection is disconnected for 30 seconds',
      ({ peer, clock }) => {
        peer.enter('disconnected');
        clock.pass(30_000);
      },
    ],
    ['when the other end has left', ({ channels }) => channels.close()],
    ['when the other end is a new page', ({ channels }) => channels.restart()],
    [
      'when the other end signals a failure',
      ({ channels, signals }) => {
        const { id } = read(signals[0] as Message) as { id: number };
        channels.receive(signalOf({ id, by: 'other', failed: 'unreachable' }));
      },
    ],
  ])('%s', async (_name, trigger) => {
    const end = await withOpenChannel();
    trigger(end);
    expect([end.peer.channel.readyState, end.peer.isClosed]).toEqual(['closing', true]);
    end.clock.pass(10_000);
    expect(end.closes).toHaveLength(1);
    expect(end.clock.timers).toBe(0);
  });

  test('and gets no event if the browser reports the close', async () => {
    const end = await withOpenChannel();
    end.channels.close();
    end.peer.channel.dispatchEvent(new Event('close'));
    end.clock.pass(10_000);
    expect(end.closes).toHaveLength(1);
  });

  test('but not if it is disconnected for a moment', async () => {
    const { peer, clock, closes } = await withOpenChannel();
    peer.enter('disconnected');
    clock.pass(29_999);
    peer.enter('connected');
    peer.enter('disconnected');
    clock.pass(29_999);
    expect([peer.isClosed, closes]).toEqual([false, []]);
  });

  test('even if the browser throws while the connection is closed', async () => {
    const end = newEnd();
    const refused = end.channels.open({});
    await settle();
    const [peer] = end.peers as [FakePeer];
    peer.close = () => {
      throw new Error('closed already');
    };
    end.channels.close();
    await expect(refused).rejects.toMatchObject({ code: 'closed' });
    expect(end.clock.timers).toBe(0);
  });
});

describe('a hostile end', () => {
  test('has at most eight connections, opening or open, and gets an error', async () => {
    const { channels, signals, peers, opened, clock } = newEnd();
    for (let id = 1; id <= 1_000; id++) {
      channels.receive(signalOf({ id, by: 'opener', description: OFFER }));
      await settle();
      const { channel } = peers.at(-1) as FakePeer;
      peers.at(-1)?.ondatachannel?.({ channel });
      channel.open();
      clock.pass(1_000);
    }
    expect(peers).toHaveLength(8);
    expect(opened).toHaveLength(8);
    expect(read(signals.at(-1) as Message)).toMatchObject({ by: 'other', failed: 'tooMany' });
  });

  test('cannot create new ones without limit by ending earlier ones', async () => {
    const { channels, peers, clock } = newEnd();
    for (let id = 1; id <= 1_000; id++) {
      channels.receive(signalOf({ id, by: 'opener', description: OFFER }));
      await settle();
      channels.receive(signalOf({ id, by: 'opener', failed: 'closed' }));
      clock.pass(100);
    }
    // The burst, and the rate for 100 seconds.
    expect(peers.length).toBeLessThan(100);
    expect(peers.every(({ isClosed }) => isClosed)).toBe(true);
  });

  test('has one channel on a connection', async () => {
    const { channels, peers, opened } = newEnd();
    channels.receive(signalOf({ id: 1, by: 'opener', description: OFFER }));
    await settle();
    const [peer] = peers as [FakePeer];
    const extra = Array.from({ length: 10 }, () => new FakeChannel());
    for (const channel of [peer.channel, ...extra]) peer.ondatachannel?.({ channel });
    peer.channel.open();
    expect(opened).toEqual([peer.channel]);
    expect(extra.map(({ readyState }) => readyState)).toEqual(Array(10).fill('closing'));
  });

  test('cannot cause parsing of large signals', () => {
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    const { channels } = newEnd();
    channels.receive(signalOf('['.repeat(4 * 1_048_576)));
    expect(parse).not.toHaveBeenCalled();
    channels.receive(signalOf('['.repeat(16_384)));
    expect(parse).toHaveBeenCalledTimes(1);
  });

  test('causes parsing of signals only at a limited rate', () => {
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    const { channels, clock } = newEnd();
    for (let count = 0; count < 10_000; count++) channels.receive(signalOf('{}'));
    expect(parse).toHaveBeenCalledTimes(512);
    clock.pass(1_000);
    for (let count = 0; count < 10_000; count++) channels.receive(signalOf('{}'));
    expect(parse).toHaveBeenCalledTimes(512 + 32);
  });

  test('cannot add more candidates than a connection needs, early or late', async () => {
    const { channels, peers } = newEnd();
    channels.receive(signalOf({ id: 1, by: 'opener', description: OFFER }));
    for (let n = 0; n < 100; n++) {
      channels.receive(signalOf({ id: 1, by: 'opener', candidate: { n } }));
      if (n === 40) await settle();
    }
    await settle();
    expect(peers[0]?.candidates).toHaveLength(64);
  });

  test.each<[string, object | string]>([
    ['invalid JSON', '['],
    ['null', 'null'],
    ['a number', '7'],
    ['an id that is not an integer', { id: 1.5, by: 'opener', description: OFFER }],
    ['an id that is huge', '{"id":1e999,"by":"opener","description":{}}'],
    ['an invalid description', { id: 1, by: 'opener', description: 7 }],
    ['an invalid candidate', { id: 1, by: 'opener', candidate: null }],
    ['a failure of an unknown connection', { id: 1, by: 'other', failed: 'x' }],
    ["a name of an object's prototype", { id: 1, by: 'opener', failed: 'constructor' }],
  ])('sends %s, without effect', async (_name, signal) => {
    const { channels, peers, clock } = newEnd();
    channels.receive(signalOf(signal));
    await settle();
    channels.receive(signalOf({ id: 2, by: 'opener', description: OFFER }));
    await settle();
    expect(peers.length).toBeGreaterThan(0);
    channels.close();
    expect(clock.timers).toBeLessThan(2);
  });
});
