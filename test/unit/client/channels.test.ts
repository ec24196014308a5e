import { expect, test } from 'vitest';
import { Channels } from '../../../src/client/channels.js';
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
function newEnd() {
  const signals: Message[] = [];
  const peers: FakePeer[] = [];
  class RTCPeerConnection extends FakePeer {
    constructor() {
      super();
      peers.push(this);
    }
  }
  const environment = { ...stillEnvironment(), RTCPeerConnection, iceServers: [] };
  const events = { signal: (message: Message) => signals.push(message), opened: () => {} };
  const channels = new Channels(environment, new RelayAddress('ws://relay'), events);
  return { channels, signals, peers, clock: environment.clock };
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
