import { expect, onTestFinished, test, vi } from 'vitest';
import { Channels } from '../../../src/client/channels.js';
import type { Resolved } from '../../../src/client/environment.js';
import type { Message } from '../../../src/client/exactly-once/envelope.js';
import { RelayAddress } from '../../../src/client/relay-address.js';
import { stillEnvironment } from './fakes.js';

class FakeChannel extends EventTarget {
  readyState = 'connecting';

  open(): void {
    this.readyState = 'open';
    this.dispatchEvent(new Event('open'));
  }
}

/** A peer connection that describes itself, and finds nobody. */
class FakePeer {
  readonly connectionState = 'new';
  readonly iceConnectionState = 'new';
  readonly channel = new FakeChannel();

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
  async addIceCandidate(): Promise<void> {}
  close(): void {}
}

/** One end, with what it has signalled and the peer connections that it has made. */
function newEnd(changes: Partial<Resolved> = {}) {
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
  const events = { signal: (message: Message) => signals.push(message), opened: () => {} };
  const channels = new Channels(environment, new RelayAddress('ws://relay'), events);
  return { channels, signals, peers, clock: still.clock };
}

function read({ body }: Message): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}

/** What has been promised meanwhile comes true. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('what was for the page before a reload does not disturb the one after it', async () => {
  const [host, before, after] = [newEnd(), newEnd(), newEnd()];
  before.channels.open({}).catch(() => {});
  await settle();
  for (const signal of before.signals) host.channels.receive(signal);
  await settle();
  const opened = after.channels.open({});
  await settle();
  host.channels.restart();
  expect(host.signals.length).toBeGreaterThan(0);
  for (const signal of host.signals) after.channels.receive(signal);
  const [peer] = after.peers;
  peer?.channel.open();
  expect(await opened).toBe(peer?.channel);
});

/** A browser that makes no more peer connections, or none with these servers. */
class Unwilling {
  constructor() {
    throw new DOMException('too many', 'UnknownError');
  }
}

test('a browser that makes no peer connection is an error like any other', async () => {
  const { channels, signals } = newEnd({ RTCPeerConnection: Unwilling });
  await expect(channels.open({})).rejects.toMatchObject({
    name: 'ChannelError',
    what: 'unreachable',
    cause: { message: 'too many' },
  });
  expect(signals.map(read)).toMatchObject([{ by: 'opener', failed: 'unreachable' }]);
});

test('the other end is told at once that there is no peer connection', async () => {
  const [opener, other] = [newEnd(), newEnd({ RTCPeerConnection: Unwilling })];
  const opened = opener.channels.open({});
  await settle();
  for (const signal of opener.signals) other.channels.receive(signal);
  await settle();
  for (const signal of other.signals) opener.channels.receive(signal);
  opener.clock.pass(15_000);
  await expect(opened).rejects.toMatchObject({ what: 'unreachable' });
});

test('a channel is refused at once if the other end goes while the relay is asked for servers', async () => {
  let answer = (_response: Response): void => {};
  const asked = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  vi.stubGlobal('fetch', () => asked);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { channels, peers } = newEnd({ iceServers: undefined });
  const opened = channels.open({});
  channels.close();
  answer(Response.json({ iceServers: [] }));
  await expect(opened).rejects.toMatchObject({ what: 'closed' });
  expect(peers).toEqual([]);
});
