import { describe, expect, test } from 'vitest';
import { LongFrame } from '../../../src/protocol/long-frame.js';
import { SendQueue, SLICE_BYTES } from '../../../src/transport/send-queue.js';
import { TestSocket } from '../../support/test-socket.js';

/** A queue whose socket holds one byte and accepts no more. */
function stuck() {
  const socket = new TestSocket();
  const backlogs: number[] = [];
  const failures: unknown[] = [];
  const later: (() => void)[] = [];
  const cycle = { later: (job: () => void) => void later.push(job) };
  const queue = new SendQueue(socket.asSocket, cycle, {
    backlogChanged: (bytes) => backlogs.push(bytes),
    encodingFailed: (error) => failures.push(error),
  });
  /** The kernel accepts the socket's buffer, and then the queue writes a slice. */
  const drain = () => {
    socket.drain();
    for (const job of later.splice(0)) job();
  };
  socket.taking = false;
  socket.write(Buffer.from('!'));
  queue.wait(1);
  return { socket, queue, backlogs, failures, later, drain };
}

const never = () => {
  throw new Error('it was done at once');
};

const exact = (length: number, fill: string) => Buffer.alloc(length, fill);

describe('a send queue', () => {
  test('writes one slice per turn to a socket that accepts everything', () => {
    const { socket, queue, later, drain } = stuck();
    socket.taking = true;
    drain();
    queue.push([exact(3 * SLICE_BYTES, 'c')]);
    for (const written of [0, 1, 2, 3]) {
      expect(socket.written).toHaveLength(1 + written * SLICE_BYTES);
      expect(later).toHaveLength(written < 3 ? 1 : 0);
      drain();
    }
    expect([queue.idle, queue.bytes]).toEqual([true, 0]);
  });

  test('buffers what the socket does not accept, in order, and reports how much', () => {
    const { socket, queue, backlogs, drain } = stuck();
    queue.push([Buffer.from('small '), exact(5000, 'L'), Buffer.from(' small')]);
    queue.push([Buffer.from(' again')]);
    expect(queue.bytes).toBe(1 + 6 + 5000 + 6 + 6);
    expect(backlogs).toEqual([5013, 5019]);
    expect(socket.written.toString()).toBe('!');
    socket.taking = true;
    drain();
    expect(socket.written.toString()).toBe(`!small ${'L'.repeat(5000)} small again`);
    expect(queue.idle).toBe(true);
    expect(backlogs.at(-1)).toBe(0);
  });

  test('writes one slice at a time to a slow socket, so that progress is visible', () => {
    const { socket, queue, backlogs, drain } = stuck();
    queue.push([exact(2 * SLICE_BYTES + 10, 'x')]);
    for (const left of [2 * SLICE_BYTES + 10, SLICE_BYTES + 10, 10, 0]) {
      drain();
      expect(queue.bytes).toBe(left);
    }
    expect(socket.writes.map(({ length }) => length)).toEqual([1, SLICE_BYTES, SLICE_BYTES, 10]);
    expect(backlogs).toEqual([2 * SLICE_BYTES + 11, 2 * SLICE_BYTES + 10, SLICE_BYTES + 10, 10, 0]);
  });

  test('copies small parts, so that their chunk can be reused', () => {
    const { socket, queue, drain } = stuck();
    const memory = Buffer.alloc(32 * 1024, 'm');
    for (let i = 0; i < 100; i++) queue.push([memory.subarray(i, i + 66)]);
    memory.fill('?');
    socket.taking = true;
    drain();
    expect(socket.written.toString()).toBe(`!${'m'.repeat(6600)}`);
  });

  test('writes everything at once before a close', () => {
    const { socket, queue } = stuck();
    queue.push([Buffer.from('last'), exact(9000, 'w')]);
    expect(queue.finish(never)).toBe(true);
    expect(socket.written.toString()).toBe(`!last${'w'.repeat(9000)}`);
  });

  test('writes much output slice by slice before a close, and reports the end', () => {
    const { socket, queue, drain } = stuck();
    queue.push([exact(2 * SLICE_BYTES, 'x')]);
    let done = 0;
    expect(queue.finish(() => done++)).toBe(false);
    for (const [written, said] of [
      [0, 0],
      [1, 0],
      [2, 1],
      [2, 1],
    ] as const) {
      expect(socket.written).toHaveLength(1 + written * SLICE_BYTES);
      expect(done).toBe(said);
      drain();
    }
  });

  test('drops everything but the rest of a partially sent frame', () => {
    const { socket, queue, drain } = stuck();
    queue.push([exact(SLICE_BYTES + 5, 'f')]);
    queue.push([exact(5000, 'g')]);
    drain();
    queue.drop();
    expect(queue.finish(never)).toBe(true);
    expect(socket.written.toString()).toBe(`!${'f'.repeat(SLICE_BYTES + 5)}`);
  });

  test('makes a long frame while it is sent, and drops it, or all but the rest of a sent part', () => {
    for (const isBegun of [true, false]) {
      const { socket, queue, drain } = stuck();
      const pieces = ['a', 'b', 'c', 'd'].map((fill) => exact(SLICE_BYTES / 2 + 1, fill));
      const whole = Buffer.concat(pieces);
      queue.push([new LongFrame(whole.length, pieces)]);
      expect(queue.bytes).toBe(1 + whole.length);
      if (isBegun) drain();
      queue.drop();
      expect(queue.finish(() => {})).toBe(!isBegun);
      for (let left = 4; left > 0; left--) drain();
      expect(socket.written.toString()).toBe(`!${isBegun ? whole : ''}`);
    }
  });

  test('makes a piece of a long frame when it is sent, and ends if that fails', () => {
    const { socket, queue, failures, drain } = stuck();
    const error = new Error('cannot be encoded');
    let made = 0;
    function* pieces(): Generator<Uint8Array> {
      for (; made < 2; made++) yield exact(SLICE_BYTES, 'x');
      throw error;
    }
    queue.push([new LongFrame(4 * SLICE_BYTES, pieces()), exact(5000, 'g')]);
    for (const [written, resumed] of [
      [0, 0],
      [1, 0],
      [2, 1],
      [2, 2],
    ] as const) {
      expect(made).toBe(resumed);
      expect(socket.written).toHaveLength(1 + written * SLICE_BYTES);
      drain();
    }
    expect(failures).toEqual([error]);
    expect([queue.bytes, queue.finish(never)]).toEqual([0, true]);
  });

  test('drops everything if no frame is partially sent', () => {
    const { socket, queue, drain } = stuck();
    queue.push([exact(5000, 'g'), Buffer.from('small')]);
    queue.drop();
    drain();
    expect(socket.written.toString()).toBe('!');
    expect(queue.idle).toBe(true);
  });

  test('writes nothing to a socket that is not writable', () => {
    const { socket, queue, drain } = stuck();
    queue.push([Buffer.from('x')]);
    socket.writable = false;
    drain();
    expect(socket.written.toString()).toBe('!');
  });
});
