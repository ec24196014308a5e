import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Channel,
  type ChannelError,
  createRoom,
  type Environment,
  joinRoom,
  type Player,
  type Room,
  type Seat,
} from '../../src/client/index.js';
import { Inbox } from '../support/inbox.js';
import { LoopbackPeerConnection } from '../support/node-webrtc.js';
import { startRelay } from '../support/relay.js';

const withWebRtc: Environment = {
  WebSocket,
  RTCPeerConnection: LoopbackPeerConnection,
  iceServers: [],
};

async function openGame(
  host: Environment = withWebRtc,
  phone: Environment = withWebRtc,
): Promise<{ room: Room; seat: Seat; player: Player }> {
  const { url } = await startRelay();
  const room = await createRoom(url, host);
  onTestFinished(() => room.stop());
  const seat = await joinRoom(url, room.code, phone);
  onTestFinished(() => seat.leave());
  const [player] = room.players;
  if (player === undefined) throw new Error('nobody has joined');
  return { room, seat, player };
}

function messagesOf(channel: Channel): Inbox<unknown> {
  const inbox = new Inbox<unknown>();
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }) => inbox.put(data);
  return inbox;
}

describe('a data channel', () => {
  test('is opened by the host, and carries text and bytes in both directions', async () => {
    const { seat, player } = await openGame();
    const opened = new Promise<Channel>((resolve) => seat.on('channel', resolve));
    const atHost = await player.openChannel({ label: 'moves', ordered: false, maxRetransmits: 0 });
    const atPlayer = await opened;
    onTestFinished(() => atHost.close());
    expect([atHost.label, atPlayer.label]).toEqual(['moves', 'moves']);
    const [toHost, toPlayer] = [messagesOf(atHost), messagesOf(atPlayer)];
    atHost.send('to the phone');
    expect(await toPlayer.next()).toBe('to the phone');
    atPlayer.send(Uint8Array.of(1, 2, 255));
    expect(new Uint8Array((await toHost.next()) as ArrayBuffer)).toEqual(Uint8Array.of(1, 2, 255));
  });

  test('can be opened by a player, several at a time', async () => {
    const { room, seat } = await openGame();
    const opened = new Inbox<Channel>();
    room.on('channel', (_player, channel) => opened.put(channel));
    const channels = await Promise.all([seat.openChannel(), seat.openChannel({ label: 'b' })]);
    onTestFinished(() => channels.forEach((channel) => void channel.close()));
    const labels = (await opened.take(2)).map(({ label }) => label);
    expect(labels.sort()).toEqual(['', 'b']);
  });

  test('cannot be opened without WebRTC; messages still pass through the relay', async () => {
    const { room, seat, player } = await openGame(withWebRtc, { WebSocket });
    await expect(seat.openChannel()).rejects.toMatchObject({ code: 'unsupported' });
    await expect(player.openChannel()).rejects.toMatchObject({
      name: 'ChannelError',
      code: 'unsupported',
    } satisfies Partial<ChannelError>);
    const received = new Promise((resolve) => room.on('message', (_player, data) => resolve(data)));
    seat.send('still here');
    expect(await received).toBe('still here');
  });

  test('fails with a timeout if the other end cannot be reached', async () => {
    const { player } = await openGame(withWebRtc, {
      ...withWebRtc,
      RTCPeerConnection: class extends LoopbackPeerConnection {
        override addIceCandidate(): Promise<void> {
          return Promise.resolve();
        }
        override setLocalDescription(): Promise<void> {
          return new Promise(() => {});
        }
      },
    });
    await expect(player.openChannel({ timeout: 50 })).rejects.toMatchObject({ code: 'timeout' });
  });

  test('is abandoned when the player leaves', async () => {
    const { seat, player } = await openGame(withWebRtc, {
      ...withWebRtc,
      RTCPeerConnection: class extends LoopbackPeerConnection {
        override setRemoteDescription(): Promise<void> {
          seat.leave();
          return new Promise(() => {});
        }
      },
    });
    await expect(player.openChannel()).rejects.toMatchObject({ code: 'closed' });
  });
});
