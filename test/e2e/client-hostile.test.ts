import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createRoom, type Environment, joinRoom, type Room } from '../../src/client/index.js';
import { Host } from '../support/clients.js';
import { startRelay } from '../support/relay.js';

/*
 * Hostile ends that write the frames of docs/protocol.md themselves. All their frames have been handled
 * when the other end gets the event that they have left. Meanwhile, a healthy player plays.
 */

const FIELDS = [
  'from',
  'to',
  'question',
  'received',
  'answer',
  'origin',
  'next',
  'player',
] as const;
type Greeting = Partial<Record<(typeof FIELDS)[number], number>>;

const HEAD = Buffer.from('9e6c6f6262790d0a01', 'hex');
const MAXIMUM = 0xffff_ffff;

function greeting(numbers: Greeting): Buffer {
  const frame = Buffer.alloc(HEAD.length + FIELDS.length * 4);
  HEAD.copy(frame);
  FIELDS.forEach((field, index) => {
    frame.writeUInt32BE(numbers[field] ?? 0, HEAD.length + index * 4);
  });
  return frame;
}

function readGreeting(frame: Buffer): Required<Greeting> | undefined {
  if (frame.length !== 41 || !frame.subarray(0, 9).equals(HEAD)) return undefined;
  const numbers = FIELDS.map((field, index) => [field, frame.readUInt32BE(9 + index * 4)]);
  return Object.fromEntries(numbers);
}

const signal = (text: string): Buffer => Buffer.concat([Buffer.of(2), Buffer.from(text)]);
const text = (value: string): Buffer => Buffer.concat([Buffer.of(0), Buffer.from(value)]);
const ack = (number: number): Buffer => {
  const frame = Buffer.from([7, 0, 0, 0, 0]);
  frame.writeUInt32BE(number, 1);
  return frame;
};

/** Counts peer connections. */
class Peers {
  created = 0;
  open = 0;

  get RTCPeerConnection(): unknown {
    const peers = this;
    return class {
      connectionState = 'connected';
      iceConnectionState = 'connected';
      ondatachannel: ((event: { channel: unknown }) => void) | null = null;
      constructor() {
        peers.created++;
        peers.open++;
      }
      async setRemoteDescription(): Promise<void> {}
      async addIceCandidate(): Promise<void> {}
      async createAnswer(): Promise<object> {
        return { type: 'answer', sdp: 'x' };
      }
      async setLocalDescription(): Promise<void> {
        const channel = { readyState: 'open', addEventListener() {}, close() {} };
        queueMicrotask(() => this.ondatachannel?.({ channel }));
      }
      close(): void {
        peers.open--;
      }
    };
  }
}

async function newRoom(environment: Environment = {}) {
  const { url } = await startRelay({ playerMessages: 0, playerBytes: 0 });
  const options = { WebSocket, storage: null, iceServers: [], ...environment };
  const room = await createRoom(url, { ...options, buffer: 900_000 });
  onTestFinished(() => room.stop());
  const healthy = await joinRoom(url, room.code, options);
  onTestFinished(() => healthy.leave());
  /** Checks that the healthy player and the host still exchange messages. */
  const expectHealthyPlay = async (): Promise<void> => {
    const toHost = new Promise((resolve) =>
      room.on('message', ({ id }, data) => id === 1 && resolve(data)),
    );
    const toHealthy = new Promise((resolve) => healthy.on('message', resolve));
    healthy.send('from healthy');
    room.send('to all');
    expect(await Promise.all([toHost, toHealthy])).toEqual(['from healthy', 'to all']);
  };
  return { url, room, expectHealthyPlay };
}

/** A player who has exchanged greetings with the host. */
class HostilePlayer {
  readonly socket: WebSocket;
  /** The host's latest greeting. */
  host: Required<Greeting> | undefined;
  bytes = 0;
  /** How many frames other than greetings have arrived. */
  messages = 0;

  static async join(url: string, { code }: Room): Promise<HostilePlayer> {
    const player = new HostilePlayer(new WebSocket(`${url}/${code}`));
    await once(player.socket, 'open');
    player.send(greeting({ from: 77, question: 1 }));
    await player.until(() => player.host !== undefined);
    const { from = 0, question = 0 } = player.host ?? {};
    player.send(greeting({ from: 77, to: from, answer: question, next: 1 }));
    return player;
  }

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (frame: Buffer) => {
      this.bytes += frame.length;
      const read = readGreeting(frame);
      if (read === undefined) this.messages++;
      else this.host = read;
    });
  }

  send(...frames: Buffer[]): void {
    for (const frame of frames) this.socket.send(frame);
  }

  /** Waits for a condition. It is checked after each batch of frames, not after each frame. */
  async until(hasArrived: () => boolean): Promise<void> {
    while (!hasArrived()) await once(this.socket, 'message');
  }

  /** Leaves, and waits until the host is notified. */
  async leave(room: Room): Promise<void> {
    const left = new Promise((resolve) => room.on('leave', resolve));
    this.socket.close(1000);
    await left;
  }
}

describe('a hostile player', { timeout: 60_000 }, () => {
  test('cannot cause parsing of large signals', async () => {
    const { url, room, expectHealthyPlay } = await newRoom();
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    const player = await HostilePlayer.join(url, room);
    for (const token of ['[', '{"a":', '"', ' ']) {
      player.send(signal(token.repeat(Math.floor(3_900_000 / token.length))));
    }
    player.send(...Array<Buffer>(2_000).fill(signal('['.repeat(16_000))));
    await expectHealthyPlay();
    await player.leave(room);
    const lengths = parse.mock.calls.map(([json]) => String(json).length);
    expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(16_384);
    expect(lengths.length).toBeLessThan(1_000);
  });

  test('causes few peer connections, and all of them are closed when it has left', async () => {
    const peers = new Peers();
    const { url, room, expectHealthyPlay } = await newRoom({
      RTCPeerConnection: peers.RTCPeerConnection,
    });
    let channels = 0;
    room.on('channel', () => channels++);
    const player = await HostilePlayer.join(url, room);
    for (let id = 1; id <= 1_000; id++) {
      const offer = { id, by: 'opener', description: { type: 'offer', sdp: 'x' } };
      player.send(signal(JSON.stringify(offer)));
    }
    await expectHealthyPlay();
    expect(peers.open).toBeLessThanOrEqual(8);
    await player.leave(room);
    expect([peers.created <= 16, peers.open]).toEqual([true, 0]);
    expect(channels).toBeLessThanOrEqual(8);
  });

  test('counts as a new page only a few times, and causes only a few writes to the storage', async () => {
    let writes = 0;
    const storage = { getItem: () => null, setItem: () => void writes++, removeItem: () => {} };
    const { url, room, expectHealthyPlay } = await newRoom({ storage });
    let restarts = 0;
    room.on('restart', () => restarts++);
    const player = await HostilePlayer.join(url, room);
    for (let mark = 100; mark < 10_100; mark++)
      player.send(greeting({ from: mark, question: mark }));
    await expectHealthyPlay();
    await player.leave(room);
    expect(restarts).toBeGreaterThan(0);
    expect(restarts).toBeLessThan(20);
    expect(writes).toBeLessThan(50);
  });

  test('gets a limited retransmission for each question', async () => {
    const { url, room, expectHealthyPlay } = await newRoom();
    const player = await HostilePlayer.join(url, room);
    for (let count = 0; count < 200; count++) room.players[1]?.send(new Uint8Array(4_000));
    await expectHealthyPlay();
    // The first transmission may still be on its way to this slow reader.
    await player.until(() => player.messages >= 200);
    for (let round = 1; round <= 3; round++) {
      const before = player.bytes;
      // The host answers only the latest of several questions, after its pause.
      for (let number = 1; number <= 5; number++) {
        player.send(
          greeting({ from: 77, to: player.host?.from ?? 0, question: round * 100 + number }),
        );
      }
      await player.until(() => player.host?.answer === round * 100 + 5);
      expect(player.bytes - before).toBeLessThan(300_000);
    }
    await expectHealthyPlay();
  });

  test('cannot cause a loss of messages by acknowledging nothing', async () => {
    const { url, room, expectHealthyPlay } = await newRoom();
    const player = await HostilePlayer.join(url, room);
    const gaps: number[] = [];
    room.on('gap', (_player, count) => gaps.push(count));
    for (let count = 0; count < 1_000; count++) room.players[1]?.send(new Uint8Array(4_000));
    await expectHealthyPlay();
    await player.leave(room);
    expect(gaps).toEqual([]);
  });

  test.each<[string, (host: number) => Buffer[]]>([
    [
      'numbers far ahead',
      (to) => [greeting({ from: 77, to, question: 5, received: MAXIMUM, next: MAXIMUM })],
    ],
    ['zeros', (to) => [greeting({ from: 0, to, question: 5, next: 0 })]],
    ['acknowledgements of messages that were never sent', () => [ack(0), ack(1_000), ack(MAXIMUM)]],
    [
      'a size limit',
      (to) => [greeting({ from: 77, to, next: 1 }), greeting({ from: 77, to, next: 0 })],
    ],
    [
      'many requests for the size limit',
      () => Array(1_000).fill(greeting({ from: 77, question: 9, next: 1 })),
    ],
    ['pings', () => Array(10_000).fill(Buffer.of(3))],
    ['unwrapped text', () => Array(1_000).fill(Buffer.from('plain'))],
    ['truncated frames', () => [Buffer.of(), Buffer.of(4), Buffer.of(7, 1), HEAD]],
    [
      'everything at once',
      (to) => [text('x'), greeting({ from: 78, to, question: 1 }), ack(1), signal('{')],
    ],
  ])('sends %s, and affects nobody else', async (_name, frames) => {
    const { url, room, expectHealthyPlay } = await newRoom();
    const player = await HostilePlayer.join(url, room);
    player.send(...frames(player.host?.from ?? 0));
    await expectHealthyPlay();
    const { bytes } = player;
    await player.leave(room);
    expect(bytes).toBeLessThan(100_000);
    await expectHealthyPlay();
  });
});

describe('a hostile host', { timeout: 60_000 }, () => {
  /** A player whose host writes the frames itself. */
  async function newSeat(environment: Environment = {}) {
    const { url } = await startRelay();
    const host = await Host.open(url, { query: '?bytes=1', hold: 60 });
    const joined = joinRoom(url, host.code, {
      WebSocket,
      storage: null,
      iceServers: [],
      ...environment,
    });
    const to = (...frames: Buffer[]): void => {
      for (const data of frames) host.command({ cmd: 'to', to: [1], data });
    };
    const firstGreeting = readGreeting(
      Buffer.from((await host.until('from'))['data'] as Uint8Array),
    );
    const { from = 0, question = 0 } = firstGreeting ?? {};
    to(greeting({ from: 9, to: from, question: 1, answer: question, next: 1, player: 1 }));
    const seat = await joined;
    onTestFinished(() => seat.leave());
    await host.until('from');
    return { host, seat, to, mark: from };
  }

  /** Ends the room and waits until the player, who has handled all earlier frames, gets the close. */
  async function endRoom(seat: Awaited<ReturnType<typeof newSeat>>): Promise<void> {
    const closed = new Promise((resolve) => seat.seat.on('close', resolve));
    seat.host.command({ cmd: 'stop' });
    expect(await closed).toMatchObject({ code: 'gameOver' });
  }

  test('causes few peer connections, and no parsing of large signals', async () => {
    const peers = new Peers();
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    const player = await newSeat({ RTCPeerConnection: peers.RTCPeerConnection });
    player.to(signal('['.repeat(4_000_000)));
    const given: unknown[] = [];
    player.seat.on('heir', (room) => given.push(room));
    for (const heir of ['['.repeat(10_000), 'null', `"${'x'.repeat(262_144)}"}`]) {
      player.to(signal(`{"heir":${heir}}`));
    }
    for (let id = 1; id <= 1_000; id++) {
      const offer = { id, by: 'opener', description: { type: 'offer', sdp: 'x' } };
      player.to(signal(JSON.stringify(offer)));
    }
    await endRoom(player);
    expect([peers.created <= 16, peers.open, given]).toEqual([true, 0, []]);
    const lengths = parse.mock.calls.map(([json]) => String(json).length);
    expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(16_384);
  });

  test('counts as a new page only a few times', async () => {
    const player = await newSeat();
    let restarts = 0;
    player.seat.on('restart', () => restarts++);
    for (let from = 100; from < 10_100; from++) {
      player.to(greeting({ from, to: player.mark, question: from, player: 1 }));
    }
    await endRoom(player);
    expect(restarts).toBeGreaterThan(0);
    expect(restarts).toBeLessThan(20);
  });

  test('can set a size limit of one byte, which `send` reports', async () => {
    const player = await newSeat();
    player.to(greeting({ from: 9, to: player.mark, next: 1, player: 1 }), text('done'));
    await new Promise((resolve) => player.seat.on('message', resolve));
    player.seat.send('x');
    expect(() => player.seat.send('xy')).toThrow(RangeError);
    await endRoom(player);
  });
});
