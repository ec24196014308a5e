import { describe, expect, test } from 'vitest';
import { SendQueue, SLICE_BYTES } from '../../../src/transport/send-queue.js';
import { TestSocket } from '../../support/test-socket.js';

/** A queue whose socket holds one byte and takes no more. */
function stuck() {
  const socket = new TestSocket();
  const backlogs: number[] = [];
  const queue = new SendQueue(socket.asSocket, { backlogChanged: (bytes) => backlogs.push(bytes) });
  socket.taking = false;
  socket.write(Buffer.from('!'));
  queue.wait(1);
  return { socket, queue, backlogs };
}

const exact = (length: number, fill: string) => Buffer.alloc(length, fill);

describe('a send queue', () => {
  test('gives a socket that takes it all at once all at once', () => {
    const { socket, queue } = stuck();
    socket.taking = true;
    socket.drain();
    queue.push([exact(3 * SLICE_BYTES, 'c')]);
    expect(socket.written).toHaveLength(1 + 3 * SLICE_BYTES);
    expect([queue.idle, queue.bytes]).toEqual([true, 0]);
  });

  test('keeps what the socket does not take, in order, and tells how much', () => {
    const { socket, queue, backlogs } = stuck();
    queue.push([Buffer.from('small '), exact(5000, 'L'), Buffer.from(' small')]);
    queue.push([Buffer.from(' again')]);
    expect(queue.bytes).toBe(1 + 6 + 5000 + 6 + 6);
    expect(backlogs).toEqual([5013, 5019]);
    expect(socket.written.toString()).toBe('!');
    socket.taking = true;
    socket.drain();
    expect(socket.written.toString()).toBe(`!small ${'L'.repeat(5000)} small again`);
    expect(queue.idle).toBe(true);
    expect(backlogs.at(-1)).toBe(0);
  });

  test('gives a slow socket a slice at a time, so that it is seen to move', () => {
    const { socket, queue, backlogs } = stuck();
    queue.push([exact(2 * SLICE_BYTES + 10, 'x')]);
    for (const left of [2 * SLICE_BYTES + 10, SLICE_BYTES + 10, 10, 0]) {
      socket.drain();
      expect(queue.bytes).toBe(left);
    }
    expect(socket.writes.map(({ length }) => length)).toEqual([1, SLICE_BYTES, SLICE_BYTES, 10]);
    expect(backlogs).toEqual([2 * SLICE_BYTES + 11, 2 * SLICE_BYTES + 10, SLICE_BYTES + 10, 10, 0]);
  });

  test('copies small parts, so that what they are part of can be written to again', () => {
    const { socket, queue } = stuck();
    const memory = Buffer.alloc(32 * 1024, 'm');
    for (let i = 0; i < 100; i++) queue.push([memory.subarray(i, i + 66)]);
    memory.fill('?');
    socket.taking = true;
    socket.drain();
    expect(socket.written.toString()).toBe(`!${'m'.repeat(6600)}`);
  });

  test('before a close sends all at once', () => {
    const { socket, queue } = stuck();
    queue.push([Buffer.from('last'), exact(9000, 'w')]);
    queue.flush();
    expect(socket.written.toString()).toBe(`!last${'w'.repeat(9000)}`);
  });

  test('drops all but the rest of a frame that is half sent', () => {
    const { socket, queue } = stuck();
    queue.push([exact(SLICE_BYTES + 5, 'f')]);
    queue.push([exact(5000, 'g')]);
    socket.drain();
    queue.drop();
    queue.flush();
    expect(socket.written.toString()).toBe(`!${'f'.repeat(SLICE_BYTES + 5)}`);
  });

  test('drops all if no frame is half sent', () => {
    const { socket, queue } = stuck();
    queue.push([exact(5000, 'g'), Buffer.from('small')]);
    queue.drop();
    socket.drain();
    expect(socket.written.toString()).toBe('!');
    expect(queue.idle).toBe(true);
  });

  test('gives nothing to a socket that cannot be written to', () => {
    const { socket, queue } = stuck();
    queue.push([Buffer.from('x')]);
    socket.writable = false;
    socket.drain();
    expect(socket.written.toString()).toBe('!');
  });
});
