import { type DataChannel, PeerConnection } from 'node-datachannel';
import { expect, onTestFinished, test } from 'vitest';
import { BellhopClient } from '../support/bellhop.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';

type DescriptionType = Parameters<PeerConnection['setRemoteDescription']>[1];

/**
 * One end of a WebRTC connection with signalling by Bellhop, like that of its demo: candidates that
 * arrive before the description are queued.
 *
 * The answering end sends its candidates at once, before its answer. The offering end sends its own
 * after it has applied the answer. With them, the other end could reach it earlier, and libdatachannel
 * fails if the DTLS handshake ends in the middle of `setRemoteDescription`: it activates the connection
 * before it stores the fingerprint.
 */
class Peer {
  readonly channels = new Inbox<DataChannel>();
  /** The signals to this end, in order. */
  readonly received: string[] = [];
  readonly #connection: PeerConnection;
  readonly #client: BellhopClient;
  readonly #to: string;
  #answer: { readonly sdp: string; readonly type: string } | undefined;
  /** Candidates of the other end, until there is its description. */
  #early: (() => void)[] | undefined = [];
  /** Candidates of this end, until it has applied the answer to its offer. */
  #late: (() => void)[] = [];
  #offers = false;

  constructor(name: string, client: BellhopClient, to: string) {
    this.#client = client;
    this.#to = to;
    this.#connection = new PeerConnection(name, { iceServers: [], bindAddress: '127.0.0.1' });
    onTestFinished(() => this.#connection.close());
    this.#connection.onLocalDescription((sdp, type) => {
      if (type === 'offer') this.#describe(sdp, type);
      else this.#answer = { sdp, type };
    });
    this.#connection.onLocalCandidate((name, media) => {
      const send = (): void =>
        client.do('send_ice_candidate', { connection_id: to, media, index: 0, name });
      if (this.#offers && this.#early !== undefined) this.#late.push(send);
      else send();
      // The answer is delayed, so that candidates arrive before it.
      if (this.#answer !== undefined) this.#describe(this.#answer.sdp, this.#answer.type);
      this.#answer = undefined;
    });
    this.#connection.onDataChannel((channel) => this.channels.put(channel));
  }

  /** Opens a channel, which causes the offer. */
  offer(): DataChannel {
    this.#offers = true;
    return this.#connection.createDataChannel('game');
  }

  /** Handles signals until the connection ends. */
  async listen(): Promise<void> {
    for (;;) {
      const { event, content } = await this.#client.next();
      expect(content.connection_id).toBe(this.#to);
      if (event === 'received_session_description') this.#described(content);
      else if (event === 'received_ice_candidate') this.#candidate(content);
      else throw new Error(`unexpected ${event}`);
    }
  }

  #describe(sdp: string, type: string): void {
    const to = { connection_id: this.#to };
    this.#client.do('send_session_description', { ...to, session_type: type, sdp });
  }

  #described({ session_type, sdp }: { session_type: string; sdp: string }): void {
    this.received.push(session_type);
    this.#connection.setRemoteDescription(sdp, session_type as DescriptionType);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const act of [...early, ...this.#late.splice(0)]) act();
  }

  #candidate({ media, name }: { media: string; name: string }): void {
    this.received.push('candidate');
    const add = (): void => this.#connection.addRemoteCandidate(name, media);
    if (this.#early === undefined) add();
    else this.#early.push(add);
  }
}

function messages(channel: DataChannel): Inbox<unknown> {
  const inbox = new Inbox<unknown>();
  channel.onMessage((message) => inbox.put(message));
  return inbox;
}

async function open(channel: DataChannel): Promise<void> {
  if (channel.isOpen()) return;
  await new Promise<void>((resolve) => channel.onOpen(resolve));
}

test.each([
  ['the guest makes the offer, as in the demo', 'guest'],
  ['the host makes the offer, as in the README', 'host'],
])('two clients open a data channel: %s', async (_, offers) => {
  const { url } = await startRelay();
  const [host, guest] = [await BellhopClient.connect(url), await BellhopClient.connect(url)];
  await guest.ask(await host.start('cozy-cave'), host);
  host.do('accept_join_request', { player_connection_id: guest.id, player_peer_id: 2 });
  const { host_connection_id, peer_id } = await guest.event('join_request_accepted');
  expect([host_connection_id, peer_id]).toEqual([host.id, 2]);

  const ends = {
    host: new Peer('host', host, guest.id),
    guest: new Peer('guest', guest, host_connection_id),
  };
  const [offering, answering] =
    offers === 'guest' ? [ends.guest, ends.host] : [ends.host, ends.guest];
  const failed = Promise.all([offering.listen(), answering.listen()]);
  const channel = offering.offer();
  const other = await Promise.race([answering.channels.next(), failed.then(() => never())]);
  await open(channel);
  const [here, there] = [messages(channel), messages(other)];
  channel.sendMessage('hello');
  expect(await there.next()).toBe('hello');
  other.sendMessage('hello yourself');
  expect(await here.next()).toBe('hello yourself');

  expect(answering.received).toContain('offer');
  const answer = offering.received.indexOf('answer');
  expect(answer).toBeGreaterThan(offering.received.indexOf('candidate'));
  expect(offering.received).toContain('candidate');
  // The lobby may close; the connection does not need the relay.
  host.do('close_lobby');
  channel.sendMessage('still here');
  expect(await there.next()).toBe('still here');
});

function never(): never {
  throw new Error('signalling has ended');
}
