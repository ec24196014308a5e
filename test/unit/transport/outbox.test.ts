import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Payload } from '../../../src/protocol/payload.js';
import { CHUNK_BYTES } from '../../../src/transport/chunk-pool.js';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
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

const endOfTurn = () => new Promise((resolve) => setImmediate(resolve));

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

  test('passes messages that all of them get on in one piece, which they share', async () => {
    const { cycle, outbox, socket } = made();
    const other = new TestSocket();
    const another = new Outbox(other.asSocket, cycle, { backlogChanged() {} });
    const messages = [text('one'), text('two'), text('three')];
    for (const message of messages) {
      outbox.send(message);
      another.send(message);
    }
    await endOfTurn();
    expect(socket.writes).toEqual([Buffer.concat(messages.map(({ frame }) => frame))]);
    expect(other.writes[0]).toBe(socket.writes[0]);
  });

  test('passes in one write, and in order, what comes by messages and in place', async () => {
    const { cycle, outbox, socket } = made();
    const another = new Outbox(new TestSocket().asSocket, cycle, { backlogChanged() {} });
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

  test('passes a long message on as it is, without a copy', async () => {
    const { socket, outbox } = made();
    const payload = text('x'.repeat(9000));
    outbox.send(payload);
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

  test('leaves what is shared alone while one of them still has to write it', async () => {
    const cycle = new FlushCycle();
    const sockets = [new TestSocket(), new TestSocket(), new TestSocket()] as const;
    const outboxes = sockets.map(
      (socket) => new Outbox(socket.asSocket, cycle, { backlogChanged() {} }),
    );
    sockets[1].taking = false;
    const first = text('aaaa');
    for (const outbox of outboxes) outbox.send(first);
    await endOfTurn();
    expect(sockets[1].writes[0]).toBe(sockets[0].writes[0]);
    // What the slow one gets now is not shared: the others' memory can be used again.
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

  test('has a message once that waits for several', async () => {
    const { cycle, outbox, socket } = made();
    const other = new TestSocket();
    const another = new Outbox(other.asSocket, cycle, { backlogChanged() {} });
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

  test('lets nobody write over what waits, even if somebody throws', async () => {
    const cycle = new FlushCycle();
    const [slow, other] = [new TestSocket(), new TestSocket()];
    const backlogChanged = vi.fn().mockImplementationOnce(() => {
      throw new Error('on purpose');
    });
    const outbox = new Outbox(slow.asSocket, cycle, { backlogChanged });
    slow.taking = false;
    // More than is written directly.
    const messages = Array.from({ length: 300 }, (_, i) => text(String(i).padEnd(1000, '.')));
    for (const message of messages) outbox.send(message);
    expect(() => outbox.flush()).toThrow('on purpose');
    await endOfTurn();
    const another = new Outbox(other.asSocket, cycle, { backlogChanged() {} });
    for (let i = 0; i < 1000; i++) another.send(text('y'.repeat(1000)));
    await endOfTurn();
    expect(slow.written.toString()).not.toContain('y');
    expect(slow.written).toEqual(
      Buffer.concat(messages.map(({ frame }) => frame)).subarray(0, slow.written.length),
    );
  });

  test('keeps for the next turn what is sent while this one is flushed', async () => {
    const cycle = new FlushCycle();
    const [slow, other] = [new TestSocket(), new TestSocket()];
    const late = new Outbox(other.asSocket, cycle, { backlogChanged() {} });
    const answers = [text('in between'), text('after it')] as const;
    const outbox: Outbox = new Outbox(slow.asSocket, cycle, {
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

  test('lets memory be used again once what was much has left', async () => {
    const { cycle, outbox } = made();
    const socket = new TestSocket();
    const other = new Outbox(socket.asSocket, cycle, { backlogChanged() {} });
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

  test('has no memory left to it after a turn', async () => {
    const { cycle, outbox } = made();
    const taken = vi.spyOn(cycle.chunks, 'take');
    const given = vi.spyOn(cycle.chunks, 'giveBack');
    write(outbox, 'x'.repeat(CHUNK_BYTES));
    outbox.giveBack(CHUNK_BYTES);
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
    return { cycle, flushed, schedule };
  };

  test('flushes every connection at its end, and one that is scheduled meanwhile in the next', async () => {
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

  test('flushes the little that there is at once if nothing has left for a moment', async () => {
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
