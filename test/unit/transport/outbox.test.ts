import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Payload } from '../../../src/protocol/payload.js';
import { CHUNK_BYTES } from '../../../src/transport/chunk-pool.js';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { Outbox } from '../../../src/transport/outbox.js';
import { text } from '../../support/peers.js';
import { noListener, TestSocket } from '../../support/test-socket.js';

function made() {
  const socket = new TestSocket();
  const cycle = new FlushCycle();
  return { socket, cycle, outbox: new Outbox(socket.asSocket, cycle, noListener) };
}

function write(outbox: Outbox, content: string): void {
  const at = outbox.reserve(content.length);
  outbox.buffer.write(content, at, 'latin1');
}

describe('an outbox', () => {
  test('writes all output of a turn at once, in order', async () => {
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

  test('writes broadcasts from one shared buffer', async () => {
    const { cycle, outbox, socket } = made();
    const other = new TestSocket();
    const another = new Outbox(other.asSocket, cycle, noListener);
    const messages = [text('one'), text('two'), text('three')];
    for (const message of messages) {
      outbox.send(message);
      another.send(message);
    }
    await endOfTurn();
    expect(socket.writes).toEqual([Buffer.concat(messages.map(({ frame }) => frame))]);
    expect(other.writes[0]).toBe(socket.writes[0]);
  });

  test('writes messages and in-place frames together, in order', async () => {
    const { cycle, outbox, socket } = made();
    const another = new Outbox(new TestSocket().asSocket, cycle, noListener);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(text) as [Payload, Payload, Payload, Payload];
    outbox.send(a);
    write(outbox, '<');
    outbox.send(b);
    another.send(c);
    outbox.send(d);
    write(outbox, '>');
    write(outbox, '>');
    await endOfTurn();
    const expected = [a.frame, Buffer.from('<'), b.frame, d.frame, Buffer.from('>>')];
    expect(socket.written).toEqual(Buffer.concat(expected));
    expect(socket.systemCalls).toBe(1);
  });

  test('writes a long message without a copy', async () => {
    const { socket, outbox } = made();
    const payload = text('x'.repeat(9000));
    outbox.send(payload);
    await endOfTurn();
    expect(socket.writes[0]).toBe(payload.frame);
  });

  test('writes a large message without a copy, in one call with the frames around it', async () => {
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

  test('reserves space of any length', async () => {
    const { socket, outbox } = made();
    const lengths = [1, CHUNK_BYTES - 1, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 5];
    const expected = lengths.map((length, i) => String(i).repeat(length)).join('');
    lengths.forEach((length, i) => {
      write(outbox, String(i).repeat(length));
    });
    await endOfTurn();
    expect(socket.written.equals(Buffer.from(expected))).toBe(true);
  });

  test('releases the end of reserved space, in a chunk and in separate memory', async () => {
    const { socket, outbox } = made();
    for (const length of [10, CHUNK_BYTES + 10]) {
      write(outbox, '<'.repeat(length));
      outbox.release(4);
    }
    write(outbox, '>');
    await endOfTurn();
    expect(socket.written.toString()).toBe(`${'<'.repeat(CHUNK_BYTES + 12)}>`);
  });

  test('reuses memory only after the kernel has copied it', async () => {
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
    // The memory of the first writes has been reused, which is allowed.
    expect(socket.written.toString()).toBe('sixsixsixten');
  });

  test('does not overwrite shared memory that a socket still needs', async () => {
    const cycle = new FlushCycle();
    const sockets = [new TestSocket(), new TestSocket(), new TestSocket()] as const;
    const outboxes = sockets.map((socket) => new Outbox(socket.asSocket, cycle, noListener));
    sockets[1].taking = false;
    const first = text('aaaa');
    for (const outbox of outboxes) outbox.send(first);
    await endOfTurn();
    expect(sockets[1].writes[0]).toBe(sockets[0].writes[0]);
    // The slow socket now gets separate frames, so the shared memory can be reused.
    const second = text('bbbb');
    for (const outbox of outboxes) outbox.send(second);
    await endOfTurn();
    outboxes[0]?.send(text('XXXX'));
    await endOfTurn();
    expect(sockets[0].writes[2]?.buffer).toBe(sockets[0].writes[1]?.buffer);
    sockets[1].drain();
    await endOfTurn();
    expect(sockets[1].written).toEqual(Buffer.concat([first.frame, second.frame]));
  });

  test('buffers a message for several receivers once', async () => {
    const { cycle, outbox, socket } = made();
    const other = new TestSocket();
    const another = new Outbox(other.asSocket, cycle, noListener);
    for (const slow of [socket, other]) slow.taking = false;
    const memory = Buffer.alloc(400, 'x');
    const messages = [text('taken'), new Payload(memory.subarray(10), true, 10)];
    for (const message of messages) {
      outbox.send(message);
      another.send(message);
      await endOfTurn();
    }
    for (const slow of [socket, other]) {
      slow.taking = true;
      slow.drain();
    }
    await endOfTurn();
    for (const slow of [socket, other]) {
      expect(slow.writes).toEqual(messages.map(({ frame }) => frame));
      expect(slow.writes[1]?.buffer).toBe(memory.buffer);
    }
  });

  test('does not overwrite buffered output, even after an exception', async () => {
    const cycle = new FlushCycle();
    const [slow, other] = [new TestSocket(), new TestSocket()];
    const backlogChanged = vi.fn().mockImplementationOnce(() => {
      throw new Error('on purpose');
    });
    const outbox = new Outbox(slow.asSocket, cycle, { ...noListener, backlogChanged });
    slow.taking = false;
    // More than is written directly.
    const messages = Array.from({ length: 300 }, (_, i) => text(String(i).padEnd(1000, '.')));
    for (const message of messages) outbox.send(message);
    expect(() => outbox.flush()).toThrow('on purpose');
    await endOfTurn();
    const another = new Outbox(other.asSocket, cycle, noListener);
    for (let i = 0; i < 1000; i++) another.send(text('y'.repeat(1000)));
    await endOfTurn();
    expect(slow.written.toString()).not.toContain('y');
    expect(slow.written).toEqual(
      Buffer.concat(messages.map(({ frame }) => frame)).subarray(0, slow.written.length),
    );
  });

  test('writes frames that are sent during a flush in the next turn', async () => {
    const cycle = new FlushCycle();
    const [slow, other] = [new TestSocket(), new TestSocket()];
    const late = new Outbox(other.asSocket, cycle, noListener);
    const answers = [text('in between'), text('after it')] as const;
    const outbox: Outbox = new Outbox(slow.asSocket, cycle, {
      ...noListener,
      backlogChanged() {
        late.send(answers[0]);
        process.nextTick(() => late.send(answers[1]));
      },
    });
    slow.taking = false;
    outbox.send(text('taken'));
    await endOfTurn();
    outbox.send(text('waits'));
    await endOfTurn();
    await endOfTurn();
    expect(other.written).toEqual(Buffer.concat(answers.map(({ frame }) => frame)));
  });

  test('releases memory after a large backlog is written', async () => {
    const { cycle, outbox } = made();
    const socket = new TestSocket();
    const other = new Outbox(socket.asSocket, cycle, noListener);
    write(outbox, 'x'.repeat(100_000));
    await endOfTurn();
    await endOfTurn();
    for (const content of ['a', 'b']) {
      other.send(text(content));
      await endOfTurn();
    }
    const [first, second] = socket.writes;
    expect(second?.buffer).toBe(first?.buffer);
  });

  test('holds no memory after a turn', async () => {
    const { cycle, outbox } = made();
    const taken = vi.spyOn(cycle.chunks, 'take');
    const given = vi.spyOn(cycle.chunks, 'release');
    write(outbox, 'x'.repeat(CHUNK_BYTES));
    outbox.release(CHUNK_BYTES);
    write(outbox, 'x'.repeat(CHUNK_BYTES));
    write(outbox, 'y');
    await endOfTurn();
    expect(taken).toHaveBeenCalledTimes(2);
    expect(given).toHaveBeenCalledTimes(2);
    for (const part of ['a', 'b']) outbox.attach(Buffer.from(part));
    await endOfTurn();
    expect(taken).toHaveBeenCalledTimes(3);
    expect(given).toHaveBeenCalledTimes(3);
  });

  test('writes a large backlog slice by slice', async () => {
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

  test('includes output that is added at the end of a turn', async () => {
    const { socket, outbox } = made();
    outbox.beforeFlush(() => write(outbox, 'last'));
    write(outbox, 'first ');
    await endOfTurn();
    expect(socket.written.toString()).toBe('first last');
    expect(socket.systemCalls).toBe(1);
  });

  test('writes earlier output before its end, and drops later output', async () => {
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
    return { cycle, flushed, schedule };
  };

  test('flushes all connections at its end, and those scheduled meanwhile in the next turn', async () => {
    const { flushed, schedule } = recorder();
    schedule('first', () => {
      for (const name of ['4th', '5th', '6th']) schedule(name);
    });
    schedule('second');
    schedule('third');
    expect(flushed).toEqual([]);
    await endOfTurn();
    expect(flushed).toEqual(['first', 'second', 'third']);
    await endOfTurn();
    expect(flushed).toEqual(['first', 'second', 'third', '4th', '5th', '6th']);
  });

  test('flushes small output at once if nothing was written recently', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    onTestFinished(() => now.mockRestore());
    const { cycle, flushed, schedule } = recorder();
    const afterChunkOf = (...names: string[]): string => {
      cycle.beginChunk();
      for (const name of names) schedule(name);
      cycle.endChunk();
      return flushed.join('');
    };
    expect(afterChunkOf('a')).toBe('a');
    expect(afterChunkOf('b')).toBe('a');
    await endOfTurn();
    expect(flushed.join('')).toBe('ab');
    now.mockReturnValue(1001);
    expect(afterChunkOf('c', 'd')).toBe('abcd');
    now.mockReturnValue(1002);
    expect(afterChunkOf('e', 'f', 'g')).toBe('abcd');
    await endOfTurn();
    expect(flushed.join('')).toBe('abcdefg');
  });
});

test('small output is written before large output, which gets time in every turn', async () => {
  const cycle = new FlushCycle();
  const flushed: string[] = [];
  let left = 3;
  const bulk = {
    bulk: true,
    flush() {
      flushed.push('bulk');
      // Longer than the time for all bulk output in one turn.
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

test('an outbox that is ended while it reports its backlog writes everything once', async () => {
  const socket = new TestSocket();
  const outbox: Outbox = new Outbox(socket.asSocket, new FlushCycle(), {
    ...noListener,
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

test('output that is added while an outbox reports its backlog is written after earlier output', async () => {
  const socket = new TestSocket();
  let answers = 0;
  const outbox: Outbox = new Outbox(socket.asSocket, new FlushCycle(), {
    ...noListener,
    backlogChanged: () => {
      if (answers++ === 0) write(outbox, 'in between ');
    },
  });
  // More than is written directly, so that the backlog is reported during the flush.
  const large = 'x'.repeat(300_000);
  outbox.attach(Buffer.from(large));
  write(outbox, 'before ');
  await endOfTurn();
  await endOfTurn();
  expect(socket.written.toString()).toBe(`${large}before in between `);
});
