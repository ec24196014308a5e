import { describe, expect, test } from 'vitest';
import { BufferMeter } from '../../../src/transport/buffer-meter.js';
import { SendQueue, SLICE_BYTES } from '../../../src/transport/send-queue.js';
import { TestSocket } from '../../support/test-socket.js';

function made(meter = new BufferMeter(Number.POSITIVE_INFINITY, () => {})) {
  const socket = new TestSocket();
  const backlogs: number[] = [];
  const queue = new SendQueue(socket.asSocket, meter, { backlog: (bytes) => backlogs.push(bytes) });
  return { socket, queue, meter, backlogs };
}

/** A queue whose socket holds one byte and takes no more. */
function stuck(meter?: BufferMeter) {
  const parts = made(meter);
  parts.socket.taking = false;
  parts.queue.write([Buffer.from('!')], 1);
  return parts;
}

const exact = (length: number, fill: string) => Buffer.alloc(length, fill);

describe('a send queue', () => {
  test('is idle while the socket keeps up, and has nothing to tell', () => {
    const { socket, queue, meter, backlogs } = made();
    queue.write([Buffer.from('a'), Buffer.from('b')], 2);
    queue.push([exact(3 * SLICE_BYTES, 'c')]);
    expect(socket.written).toHaveLength(2 + 3 * SLICE_BYTES);
    expect([queue.idle, queue.bytes, meter.total]).toEqual([true, 0, 0]);
    expect(backlogs).toEqual([0]);
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

  test('counts what many share once, and all of it until the last has sent it', () => {
    const meter = new BufferMeter(Number.POSITIVE_INFINITY, () => {});
    const queues = [stuck(meter), stuck(meter), stuck(meter)];
    const before = meter.total;
    const shared = exact(10_000, 's');
    for (const { queue } of queues) queue.push([shared]);
    expect(meter.total - before).toBe(10_000);
    queues.forEach(({ socket }, i) => {
      expect(meter.total).toBeGreaterThanOrEqual(10_000);
      socket.taking = true;
      socket.drain();
      expect(meter.total >= 10_000).toBe(i < 2);
    });
    expect(meter.total).toBe(0);
  });

  test('before a close sends all at once', () => {
    const { socket, queue } = stuck();
    queue.push([Buffer.from('last'), exact(9000, 'w')]);
    queue.flush();
    expect(socket.written.toString()).toBe(`!last${'w'.repeat(9000)}`);
  });

  test('drops all but the rest of a frame that is half sent', () => {
    const { socket, queue, meter } = stuck();
    queue.push([exact(SLICE_BYTES + 5, 'f')]);
    queue.push([exact(5000, 'g')]);
    socket.drain();
    queue.drop();
    queue.flush();
    expect(socket.written.toString()).toBe(`!${'f'.repeat(SLICE_BYTES + 5)}`);
    queue.clear();
    expect([queue.bytes, meter.total]).toEqual([0, 0]);
  });

  test('drops all if no frame is half sent', () => {
    const { socket, queue, meter } = stuck();
    queue.push([exact(5000, 'g'), Buffer.from('small')]);
    queue.drop();
    socket.drain();
    expect(socket.written.toString()).toBe('!');
    expect([queue.idle, meter.total]).toEqual([true, 0]);
  });

  test('lets go of everything when the socket is gone', () => {
    const { queue, meter } = stuck();
    queue.push([exact(5000, 'g'), Buffer.from('small')]);
    queue.clear();
    expect([queue.bytes, meter.total]).toEqual([0, 0]);
  });

  test('gives nothing to a socket that cannot be written to', () => {
    const { socket, queue } = stuck();
    queue.push([Buffer.from('x')]);
    socket.writable = false;
    socket.drain();
    expect(socket.written.toString()).toBe('!');
  });
});

test('a meter tells once in a turn that there is too much', async () => {
  let told = 0;
  const meter = new BufferMeter(100, () => {
    told++;
  });
  meter.add(100);
  meter.add(1);
  meter.add(1);
  expect(told).toBe(0);
  await new Promise(setImmediate);
  expect(told).toBe(1);
  meter.add(-50);
  await new Promise(setImmediate);
  expect(told).toBe(1);
});
