import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Payload } from '../../../src/protocol/payload.js';
import { CHUNK_BYTES, FlushCycle } from '../../../src/transport/flush-cycle.js';
import { Outbox } from '../../../src/transport/outbox.js';
import { text } from '../../support/peers.js';
import { TestSocket } from '../../support/test-socket.js';

function made() {
  const socket = new TestSocket();
  const cycle = new FlushCycle();
  return { socket, cycle, outbox: new Outbox(socket.asSocket, cycle, { backlogChanged() {} }) };
}

function write(outbox: Outbox, content: string): void {
  const at = outbox.reserve(content.length);
  outbox.buffer.write(content, at, 'latin1');
}

const endOfTurn = () => new Promise((resolve) => process.nextTick(() => setImmediate(resolve)));

describe('an outbox', () => {
  test('hands all of a turn over in one write, in order', async () => {
    const { socket, outbox } = made();
    write(outbox, 'a');
    outbox.attach(Buffer.from('b'));
    write(outbox, 'c');
    write(outbox, 'd');
    outbox.attach(Buffer.from('e'));
    expect(socket.writes).toEqual([]);
    await endOfTurn();
    expect(socket.written.toString()).toBe('abcde');
    expect(socket.systemCalls).toBe(1);
    await endOfTurn();
    expect(socket.writes).toHaveLength(1);
  });

  test('passes a single frame on as it is, without a copy', async () => {
    const { socket, outbox } = made();
    const payload: Payload = text('shared');
    outbox.attach(payload.frame);
    await endOfTurn();
    expect(socket.writes[0]).toBe(payload.frame);
  });

  test('passes what is large on as it is, in one call with what is around it', async () => {
    const { socket, outbox } = made();
    const large = Buffer.alloc(CHUNK_BYTES + 1, 'x');
    write(outbox, '<');
    outbox.attach(large);
    write(outbox, '>');
    await endOfTurn();
    expect(socket.writes.map(({ length }) => length)).toEqual([1, large.length, 1]);
    expect(socket.writes[1]).toBe(large);
    expect(socket.systemCalls).toBe(1);
  });

  test('gives room for any length', async () => {
    const { socket, outbox } = made();
    const lengths = [1, CHUNK_BYTES - 1, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 5];
    const expected = lengths.map((length, i) => String(i).repeat(length)).join('');
    lengths.forEach((length, i) => {
      write(outbox, String(i).repeat(length));
    });
    await endOfTurn();
    expect(socket.written.equals(Buffer.from(expected))).toBe(true);
  });

  test('takes the end of a room back, in a chunk and in memory of its own', async () => {
    const { socket, outbox } = made();
    for (const length of [10, CHUNK_BYTES + 10]) {
      write(outbox, '<'.repeat(length));
      outbox.giveBack(4);
    }
    write(outbox, '>');
    await endOfTurn();
    expect(socket.written.toString()).toBe(`${'<'.repeat(CHUNK_BYTES + 12)}>`);
  });

  test('writes to memory again once the kernel has it, and not before', async () => {
    const { socket, outbox } = made();
    const turn = async (content: string) => {
      write(outbox, content);
      await endOfTurn();
      return socket.writes.at(-1) as Buffer;
    };
    const first = await turn('one');
    const second = await turn('two');
    expect(second.buffer).toBe(first.buffer);
    socket.taking = false;
    const kept = await turn('six');
    await turn('ten');
    socket.drain();
    await endOfTurn();
    expect(socket.writes.at(-1)?.buffer).not.toBe(kept.buffer);
    // The first writes' memory was written to again, as it may be.
    expect(socket.written.toString()).toBe('sixsixsixten');
  });

  test('keeps joined frames in memory of their own, too, until the kernel has them', async () => {
    const { socket, outbox } = made();
    socket.taking = false;
    const turn = async (...contents: string[]) => {
      for (const content of contents) outbox.attach(Buffer.from(content));
      await endOfTurn();
    };
    await turn('a', 'b');
    await turn('c', 'd');
    await turn('e');
    expect(socket.written.toString()).toBe('ab');
    socket.drain();
    await endOfTurn();
    expect(socket.written.toString()).toBe('abcde');
  });

  test('joins for others anew while one of them still has to write it', async () => {
    const cycle = new FlushCycle();
    const sockets = [new TestSocket(), new TestSocket(), new TestSocket()] as const;
    const outboxes = sockets.map(
      (socket) => new Outbox(socket.asSocket, cycle, { backlogChanged() {} }),
    );
    const send = (outbox: Outbox | undefined, ...frames: string[]): void => {
      for (const frame of frames) outbox?.attach(Buffer.from(frame));
    };
    const [a, b] = [Buffer.from('aaaa'), Buffer.from('bbbb')];
    sockets[1].taking = false;
    for (const outbox of outboxes) {
      outbox.attach(a);
      outbox.attach(b);
    }
    await endOfTurn();
    expect(sockets[0].writes[0]).toBe(sockets[2].writes[0]);
    send(outboxes[0], 'XXXX', 'YYYY');
    send(outboxes[2], 'XXXX', 'YYYY');
    await endOfTurn();
    expect(sockets.map(({ writes }) => writes[0]?.toString())[1]).toBe('aaaabbbb');
  });

  test('has no memory left to it after a turn', async () => {
    const { cycle, outbox } = made();
    const given = vi.spyOn(cycle, 'returnChunk');
    outbox.attach(Buffer.from('a'));
    outbox.attach(Buffer.from('b'));
    await endOfTurn();
    expect(given).toHaveBeenCalledTimes(1);
  });

  test('hands on more than a socket should hold at once slice by slice', async () => {
    const { socket, outbox } = made();
    const frame = Buffer.alloc(1024 * 1024, 'x');
    socket.taking = false;
    outbox.attach(frame);
    await endOfTurn();
    expect(socket.written.length).toBeLessThan(100_000);
    expect(outbox.backlog).toBe(frame.length);
    socket.taking = true;
    socket.drain();
    while (outbox.backlog > 0) await endOfTurn();
    expect(socket.written.equals(frame)).toBe(true);
  });

  test('lets somebody add to a turn at its end', async () => {
    const { socket, outbox } = made();
    outbox.beforeFlush(() => write(outbox, 'last'));
    write(outbox, 'first ');
    await endOfTurn();
    expect(socket.written.toString()).toBe('first last');
    expect(socket.systemCalls).toBe(1);
  });

  test('ends with what was sent before, and takes nothing after', async () => {
    const { socket, outbox } = made();
    write(outbox, 'last words');
    outbox.end(() => {});
    expect(socket.written.toString()).toBe('last words');
    expect(outbox.open).toBe(false);
    await endOfTurn();
    expect(socket.writes).toHaveLength(1);
  });
});

describe('a turn', () => {
  const recorder = () => {
    const cycle = new FlushCycle();
    const flushed: string[] = [];
    const schedule = (name: string, then?: () => void) =>
      cycle.schedule({
        bulk: false,
        flush() {
          flushed.push(name);
          then?.();
        },
      });
    return { flushed, schedule };
  };
  const endOfCallback = () => new Promise<void>((resolve) => process.nextTick(resolve));

  test('flushes every connection at its end, and one that is scheduled meanwhile in the next', async () => {
    const { flushed, schedule } = recorder();
    schedule('first', () => {
      for (const name of ['4th', '5th', '6th']) schedule(name);
    });
    schedule('second');
    schedule('third');
    await endOfCallback();
    expect(flushed).toEqual([]);
    await endOfTurn();
    expect(flushed).toEqual(['first', 'second', 'third']);
    await endOfTurn();
    expect(flushed).toEqual(['first', 'second', 'third', '4th', '5th', '6th']);
  });

  test('flushes the little that there is at once if nothing has left for a moment', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    onTestFinished(() => now.mockRestore());
    const { flushed, schedule } = recorder();
    const afterCallback = async (name: string) => {
      schedule(name);
      await endOfCallback();
      return flushed.join('');
    };
    expect(await afterCallback('a')).toBe('a');
    expect(await afterCallback('b')).toBe('a');
    await endOfTurn();
    expect(flushed.join('')).toBe('ab');
    now.mockReturnValue(1001);
    expect(await afterCallback('c')).toBe('abc');
  });
});

test('what is small leaves before what takes long, which has its time in every turn', async () => {
  const cycle = new FlushCycle();
  const flushed: string[] = [];
  let left = 3;
  const bulk = {
    bulk: true,
    flush() {
      flushed.push('bulk');
      // Longer than all bulk together may take in one turn.
      const end = performance.now() + 10;
      while (performance.now() < end);
      if (--left > 0) cycle.later(bulk.flush);
      cycle.schedule({ bulk: false, flush: () => flushed.push('small') });
    },
  };
  cycle.schedule(bulk);
  cycle.schedule({ bulk: false, flush: () => flushed.push('small') });
  while (flushed.length < 7) await endOfTurn();
  expect(flushed).toEqual(['small', 'bulk', 'small', 'bulk', 'small', 'bulk', 'small']);
});

test('an outbox that is ended when it tells its backlog sends what it had, once', async () => {
  const socket = new TestSocket();
  const outbox: Outbox = new Outbox(socket.asSocket, new FlushCycle(), {
    backlogChanged: () => {
      outbox.drop();
      outbox.end(() => {});
    },
  });
  socket.taking = false;
  outbox.attach(Buffer.from('taken'));
  await endOfTurn();
  outbox.attach(Buffer.from('dropped'));
  await endOfTurn();
  expect(outbox.open).toBe(false);
  socket.drain();
  expect(socket.written.toString()).toBe('taken');
});

test('what is written when an outbox tells its backlog is sent, after what was before it', async () => {
  const socket = new TestSocket();
  let answers = 0;
  const outbox: Outbox = new Outbox(socket.asSocket, new FlushCycle(), {
    backlogChanged: () => {
      if (answers++ === 0) write(outbox, 'in between ');
    },
  });
  // More than is written directly, so that the backlog is told from within the flush.
  const large = 'x'.repeat(300_000);
  outbox.attach(Buffer.from(large));
  write(outbox, 'before ');
  await endOfTurn();
  await endOfTurn();
  expect(socket.written.toString()).toBe(`${large}before in between `);
});
