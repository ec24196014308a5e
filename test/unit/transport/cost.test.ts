import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encode } from 'cbor-x';
import { describe, expect, type Mock, onTestFinished, test, vi } from 'vitest';
import { HostConnection } from '../../../src/dialects/wmbp/host-connection.js';
import { PlayerConnection } from '../../../src/dialects/wmbp/player-connection.js';
import type { Room } from '../../../src/rooms/room.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import { CHUNK_BYTES } from '../../../src/transport/chunk-pool.js';
import type { Connection, Link } from '../../../src/transport/connection.js';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { ServerWebSocket } from '../../../src/transport/server-web-socket.js';
import { CHECK_EVERY, type TurnBudget } from '../../../src/transport/turn-budget.js';
import { LIMITS } from '../../support/rooms.js';
import { TestSocket } from '../../support/test-socket.js';

/*
 * Limits on the cost of a message in countable units, which are the same on every machine and under any
 * load. Everything except the kernel is real, and frames are already parsed.
 */

/** The other end of a connection: what it sends and receives. */
interface End {
  readonly socket: TestSocket;
  says(message: Buffer, binary?: boolean): void;
}

interface Lobby {
  readonly isSpentBy: Mock<TurnBudget['isSpentBy']>;
  readonly host: End;
  readonly players: readonly End[];
}

/** A host with this many players, when all events of joining are sent. */
async function lobby(count: number): Promise<Lobby> {
  const rooms = new Rooms(LIMITS);
  const fault = (error: unknown): never => {
    throw error;
  };
  const context = { cycle: new FlushCycle(), stall: 1e6, ping: 0, fault, ended() {}, gone() {} };
  // Without a time limit per turn, so that the result does not depend on the machine.
  const isSpentBy = vi.spyOn(context.cycle.budget, 'isSpentBy').mockImplementation((share) => {
    share.work = 0;
    return false;
  });
  const connect = (serve: (link: Link) => Connection): End => {
    const socket = new TestSocket();
    const bounds = { maxMessage: 1 << 20, closeTimeout: 1000 };
    const webSocket = new ServerWebSocket(socket.asSocket, bounds, context.cycle);
    serve({ webSocket, socket: socket.asSocket, address: '192.0.2.1', context });
    return { socket, says: (message, binary = true) => webSocket.message(message, binary) };
  };
  const hostLimits = {
    hostBacklog: 1 << 20,
    commandErrors: 0,
    prepareTimeout: 0,
    maxHostMessage: 1e6,
    maxPlayerMessage: 1e6,
    playerBacklog: 1e6,
  };
  const playerLimits = { playerBacklog: 1 << 20, playerMessages: 0, playerBytes: 0 };
  const format = { format: 'cbor', bytes: true } as const;
  const host = connect(
    (link) => new HostConnection(link, format, { opener: rooms, limits: hostLimits }),
  );
  host.says(encode({ cmd: 'prepare', max_players: count }));
  const [room] = rooms.all as Iterable<Room>;
  const players = Array.from({ length: count }, () =>
    connect((link) => {
      const player = new PlayerConnection(link, playerLimits);
      player.join(room as Room, {});
      return player;
    }),
  );
  await endOfTurn();
  for (const { socket } of [host, ...players]) {
    socket.writes.length = 0;
    socket.systemCalls = 0;
  }
  isSpentBy.mockClear();
  return { isSpentBy, host, players };
}

const MARK = 'this is the payload';

/** A payload of this length with recognizable content. */
const marked = (bytes: number): Buffer => Buffer.alloc(bytes, MARK);

const toAll = (bytes: number): Buffer => encode({ cmd: 'to', to: [], data: marked(bytes) });

/** How often memory with a marked payload is copied or decoded during a call, by any function. */
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
    // A view on the same memory is not a copy.
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

/** The number of distinct buffers that were written to these sockets. */
function memories(ends: readonly End[]): number {
  return new Set(ends.flatMap(({ socket }) => socket.writes.map(({ buffer }) => buffer))).size;
}

const systemCalls = (ends: readonly End[]): number[] => ends.map((end) => end.socket.systemCalls);

describe('a turn needs one write per socket', () => {
  test('to the host, for any number of players who send', async () => {
    const { host, players } = await lobby(8);
    for (let i = 0; i < 10; i++) {
      for (const player of players) player.says(marked(64), i % 2 === 0);
    }
    await endOfTurn();
    expect(systemCalls([host, ...players])).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('to the players, for any number of messages', async () => {
    const { host, players } = await lobby(8);
    for (let i = 0; i < 10; i++) host.says(toAll(64));
    for (const id of [1, 2, 1]) host.says(encode({ cmd: 'to_str', to: [id], data: 'you' }));
    await endOfTurn();
    expect(systemCalls([host, ...players])).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('to the players, for large messages', async () => {
    const { host, players } = await lobby(2);
    // Large output has a time limit per turn.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    onTestFinished(() => clock.mockRestore());
    for (let i = 0; i < 3; i++) host.says(toAll(2 * CHUNK_BYTES));
    await endOfTurn();
    expect(systemCalls(players)).toEqual([1, 1]);
  });
});

test('a broadcast counts as work for each of its receivers', async () => {
  const { isSpentBy, host } = await lobby(CHECK_EVERY);
  host.says(encode({ cmd: 'to', to: [1], data: marked(64) }));
  expect(isSpentBy).not.toHaveBeenCalled();
  host.says(toAll(64));
  expect(isSpentBy).toHaveBeenCalledOnce();
});

describe('a payload is copied at most once', () => {
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

  test('never on the way to all players, if it is large', async () => {
    const { host, players } = await lobby(100);
    const command = toAll(2 * CHUNK_BYTES);
    expect(await copiesMadeBy(() => host.says(command))).toBe(0);
    const [first, ...others] = players.map(({ socket }) => socket.writes);
    expect(first).toHaveLength(1);
    expect(first?.[0]?.buffer).toBe(command.buffer);
    for (const writes of others) expect(writes[0]).toBe(first?.[0]);
  });

  test.each([1, 2])(
    'on the way to all players, once for all of them: %d in a turn',
    async (count) => {
      const { host, players } = await lobby(100);
      const commands = Array.from({ length: count }, () => toAll(64));
      const copies = await copiesMadeBy(() => {
        for (const command of commands) host.says(command);
      });
      expect(copies).toBe(count);
      const [first, ...others] = players.map(({ socket }) => socket.writes);
      expect(first).toHaveLength(1);
      for (const writes of others) expect(writes[0]).toBe(first?.[0]);
    },
  );
});

describe('memory is reused in the next turn', () => {
  test('to the host', async () => {
    const { host, players } = await lobby(8);
    for (let turn = 0; turn < 20; turn++) {
      for (const player of players) player.says(marked(64));
      await endOfTurn();
    }
    expect(host.socket.writes).toHaveLength(20);
    expect(memories([host])).toBe(1);
  });

  test('to the players, one after another', async () => {
    const { host, players } = await lobby(8);
    for (let turn = 0; turn < 20; turn++) {
      for (let i = 0; i < 3; i++) host.says(toAll(64));
      await endOfTurn();
    }
    expect(players.flatMap(({ socket }) => socket.writes)).toHaveLength(160);
    expect(memories(players)).toBe(1);
  });
});

describe('heap allocation, before optimization', () => {
  // In bytes. They were 117 and 131 on Node 20, and 150 more when wasted as below.
  const UP = 190;
  const DOWN = 200;

  /** In bytes; see heap-per-message.js. */
  function heapPerMessage(...args: string[]): { up: number; down: number } {
    const script = fileURLToPath(new URL('heap-per-message.js', import.meta.url));
    // Interpreted code allocates the same each time, and a large young generation is not collected.
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

  test('is small for a message to the host, and for each delivery of a broadcast', () => {
    const { up, down } = heapPerMessage();
    expect(up).toBeLessThan(UP);
    expect(down).toBeLessThan(DOWN);
  });

  test('would exceed the limit with one more object and one more closure', () => {
    const { up, down } = heapPerMessage('--wasteful');
    expect(up).toBeGreaterThan(UP);
    expect(down).toBeGreaterThan(DOWN);
  });
});
