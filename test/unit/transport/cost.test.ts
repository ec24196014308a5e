import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { encode } from 'cbor-x';
import { describe, expect, test } from 'vitest';
import type { RoomCode } from '../../../src/rooms/ids.js';
import type { PlayerPeer } from '../../../src/rooms/peer.js';
import { RoomRegistry } from '../../../src/rooms/room-registry.js';
import { CHUNK_BYTES } from '../../../src/transport/chunk-pool.js';
import type { Connection, Link } from '../../../src/transport/connection.js';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { HostConnection } from '../../../src/transport/host-connection.js';
import { OrderedWebSocket } from '../../../src/transport/ordered-web-socket.js';
import { PlayerConnection } from '../../../src/transport/player-connection.js';
import { LIMITS } from '../../support/rooms.js';
import { TestSocket } from '../../support/test-socket.js';

/*
 * What a message may cost, in things that can be counted: they are the same on every machine and
 * under any load. Everything is real here but what `ws` and the kernel do.
 */

/** The far end of a connection: what it says, and what it gets. */
interface End {
  readonly socket: TestSocket;
  says(message: Buffer, binary?: boolean): void;
}

interface Lobby {
  readonly host: End;
  readonly players: readonly End[];
}

/** A host with so many players, all of whom have been told so. */
async function lobby(count: number): Promise<Lobby> {
  let code: RoomCode | undefined;
  const opened = (given: RoomCode): void => {
    code = given;
  };
  const rooms = new RoomRegistry(LIMITS, { opened, ended() {}, hostAway() {} });
  const fault = (error: unknown): never => {
    throw error;
  };
  const context = { cycle: new FlushCycle(), stall: 1e6, ping: 0, fault, ended() {}, gone() {} };
  const connect = (serve: (link: Link) => Connection): End => {
    const webSocket = new OrderedWebSocket<Connection>(null as never, undefined, {});
    const socket = new TestSocket();
    serve({ webSocket, socket: socket.asSocket, address: '192.0.2.1', context });
    return { socket, says: (message, binary = true) => webSocket.emit('message', message, binary) };
  };
  const hostLimits = { hostBacklog: 1 << 20, commandErrors: 0, prepareTimeout: 0 };
  const playerLimits = { playerBacklog: 1 << 20, playerMessages: 0, playerBytes: 0 };
  const format = { format: 'cbor', bytes: true } as const;
  const host = connect(
    (link) => new HostConnection(link, format, (peer) => rooms.open(peer), hostLimits),
  );
  host.says(encode({ cmd: 'prepare', max_players: count }));
  const players = Array.from({ length: count }, () =>
    connect((link) => {
      const sitDown = (peer: PlayerPeer) => rooms.join(code as RoomCode, peer);
      return new PlayerConnection(link, sitDown, playerLimits);
    }),
  );
  await endOfTurn();
  for (const { socket } of [host, ...players]) {
    socket.writes.length = 0;
    socket.systemCalls = 0;
  }
  return { host, players };
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const MARK = 'this is the payload';

/** A payload of so many bytes that can be told from everything else. */
const marked = (bytes: number): Buffer => Buffer.alloc(bytes, MARK);

const toAll = (bytes: number): Buffer => encode({ cmd: 'to', to: [], data: marked(bytes) });

/** How often something with a marked payload in it is copied or decoded meanwhile, by any call. */
async function copiesMadeBy(action: () => void): Promise<number> {
  const { set } = Uint8Array.prototype;
  const { copy, toString: decode } = Buffer.prototype;
  const { from, concat } = Buffer;
  let copies = 0;
  const count = (what: unknown): void => {
    const { buffer, byteOffset, length } = what as Uint8Array;
    if (buffer instanceof ArrayBuffer && from(buffer, byteOffset, length).includes(MARK)) copies++;
  };
  Uint8Array.prototype.set = function (source, offset) {
    count(source);
    set.call(this, source, offset);
  };
  Buffer.prototype.copy = function (...args: Parameters<typeof copy>) {
    count(this);
    return copy.apply(this, args);
  };
  Buffer.prototype.toString = function (...args: Parameters<typeof decode>) {
    count(this);
    return decode.apply(this, args);
  };
  Buffer.from = ((...args: Parameters<typeof from>) => {
    const made = from(...args);
    // A view on the same memory is no copy.
    if (made.buffer !== (args[0] as unknown)) count(made);
    return made;
  }) as typeof from;
  Buffer.concat = (list, length) => {
    list.forEach(count);
    return concat(list, length);
  };
  try {
    action();
    await endOfTurn();
    return copies;
  } finally {
    Object.assign(Buffer, { from, concat });
    Object.assign(Buffer.prototype, { copy, toString: decode });
    Uint8Array.prototype.set = set;
  }
}

/** In how many pieces of memory everything lies that was written to these. */
function memories(ends: readonly End[]): number {
  return new Set(ends.flatMap(({ socket }) => socket.writes.map(({ buffer }) => buffer))).size;
}

const systemCalls = (ends: readonly End[]): number[] => ends.map((end) => end.socket.systemCalls);

describe('a turn costs one write for each socket', () => {
  test('towards the host, however many players say something', async () => {
    const { host, players } = await lobby(8);
    for (let i = 0; i < 10; i++) {
      for (const player of players) player.says(marked(64), i % 2 === 0);
    }
    await endOfTurn();
    expect(systemCalls([host, ...players])).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('towards the players, however much the host says', async () => {
    const { host, players } = await lobby(8);
    for (let i = 0; i < 10; i++) host.says(toAll(64));
    for (const id of [1, 2, 1]) host.says(encode({ cmd: 'to_str', to: [id], data: 'you' }));
    await endOfTurn();
    expect(systemCalls([host, ...players])).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('towards the players, if it is much', async () => {
    const { host, players } = await lobby(2);
    for (let i = 0; i < 3; i++) host.says(toAll(2 * CHUNK_BYTES));
    await endOfTurn();
    expect(systemCalls(players)).toEqual([1, 1]);
  });
});

describe('a payload is copied once at most', () => {
  test.each([
    ['a small text', 64, false],
    ['small bytes', 64, true],
    ['large bytes', 2 * CHUNK_BYTES, true],
  ])('on the way to the host: %s', async (_, bytes, binary) => {
    const { players } = await lobby(8);
    const payload = marked(bytes);
    const copies = await copiesMadeBy(() => {
      for (const player of players) player.says(payload, binary);
    });
    expect(copies).toBe(8);
  });

  test('never on the way to everybody, if it is large', async () => {
    const { host, players } = await lobby(100);
    const command = toAll(2 * CHUNK_BYTES);
    expect(await copiesMadeBy(() => host.says(command))).toBe(0);
    const [first, ...others] = players.map(({ socket }) => socket.writes);
    expect(first).toHaveLength(1);
    expect(first?.[0]?.buffer).toBe(command.buffer);
    for (const writes of others) expect(writes[0]).toBe(first?.[0]);
  });

  test.each([1, 2])('on the way to everybody, for all together: %d in a turn', async (count) => {
    const { host, players } = await lobby(100);
    const commands = Array.from({ length: count }, () => toAll(64));
    const copies = await copiesMadeBy(() => {
      for (const command of commands) host.says(command);
    });
    expect(copies).toBe(count);
    const [first, ...others] = players.map(({ socket }) => socket.writes);
    expect(first).toHaveLength(1);
    for (const writes of others) expect(writes[0]).toBe(first?.[0]);
  });
});

describe('memory is used again in the next turn', () => {
  test('towards the host', async () => {
    const { host, players } = await lobby(8);
    for (let turn = 0; turn < 20; turn++) {
      for (const player of players) player.says(marked(64));
      await endOfTurn();
    }
    expect(host.socket.writes).toHaveLength(20);
    expect(memories([host])).toBe(1);
  });

  test('towards the players, by one after the other', async () => {
    const { host, players } = await lobby(8);
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 3; i++) host.says(toAll(64));
      await endOfTurn();
    }
    expect(players.flatMap(({ socket }) => socket.writes)).toHaveLength(160);
    expect(memories(players)).toBe(1);
  });
});

describe('what is allocated on the heap, before the compiler saves any of it', () => {
  // In bytes. They were 117 and 131 on Node 20, and 150 more when wasted as below.
  const UP = 190;
  const DOWN = 200;

  /** In bytes; see there. */
  function heapPerMessage(...args: string[]): { up: number; down: number } {
    const script = fileURLToPath(new URL('heap-per-message.js', import.meta.url));
    // Interpreted, the same is allocated every time; and nothing is collected in so large a nursery.
    const flags = [
      '--no-opt',
      '--expose-gc',
      '--min-semi-space-size=64',
      '--max-semi-space-size=64',
    ];
    const output = execFileSync(process.execPath, [...flags, script, ...args], {
      encoding: 'utf8',
    });
    return JSON.parse(output);
  }

  test('is little for a message to the host, and for each delivery of a broadcast', () => {
    const { up, down } = heapPerMessage();
    expect(up).toBeLessThan(UP);
    expect(down).toBeLessThan(DOWN);
  });

  test('would be too much with one object and one closure more', () => {
    const { up, down } = heapPerMessage('--wasteful');
    expect(up).toBeGreaterThan(UP);
    expect(down).toBeGreaterThan(DOWN);
  });
});
