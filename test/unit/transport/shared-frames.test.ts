import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { CHUNK_BYTES, ChunkPool } from '../../../src/transport/chunk-pool.js';
import { SharedFrames } from '../../../src/transport/shared-frames.js';
import { text } from '../../support/peers.js';

/** A pool that counts its chunks. */
class CountedPool extends ChunkPool {
  out = 0;

  override take(): Buffer {
    this.out++;
    return super.take();
  }

  override release(chunk: Buffer): void {
    this.out--;
    super.release(chunk);
  }
}

function made() {
  const chunks = new CountedPool();
  const shared = new SharedFrames(chunks);
  /** The position of this message's frame. */
  const place = (payload: ReturnType<typeof text>): Buffer => {
    expect(shared.place(payload)).toBe(true);
    return shared.view(shared.chunk, shared.start, shared.end);
  };
  return { chunks, shared, place };
}

test('a message is written once for all its receivers', () => {
  const { place } = made();
  const message = text('to all');
  const frame = place(message);
  expect(frame).toEqual(Buffer.from(message.frame));
  expect(place(message)).toBe(frame);
});

test('messages are written without gaps', () => {
  const { shared, place } = made();
  const [a, b] = [text('first'), text('second')];
  place(a);
  const { start } = shared;
  place(b);
  const both = shared.view(shared.chunk, start, shared.end);
  expect(both).toEqual(Buffer.concat([a.frame, b.frame]));
});

test('equal messages are written separately', () => {
  const { place } = made();
  expect(place(text('again')).byteOffset).not.toBe(place(text('again')).byteOffset);
});

test('a large message is refused without side effects', () => {
  const { shared, place } = made();
  place(text('small'));
  const { chunk, start, end } = shared;
  expect(shared.place(text('x'.repeat(8 * 1024)))).toBe(false);
  expect({ chunk: shared.chunk, start: shared.start, end: shared.end }).toEqual({
    chunk,
    start,
    end,
  });
});

test('a full chunk is released after the turn', () => {
  const { chunks, shared, place } = made();
  const messages = Array.from({ length: 80 }, (_, i) => text(String(i).padEnd(1000, '.')));
  const frames = messages.map(place);
  expect(shared.end).toBeLessThanOrEqual(CHUNK_BYTES);
  expect(frames).toEqual(messages.map(({ frame }) => Buffer.from(frame)));
  expect(chunks.out).toBe(3);
  shared.release();
  // One chunk is available for the next turn.
  expect(chunks.out).toBe(1);
  shared.release();
  expect(chunks.out).toBe(1);
});

test('memory is reused in the next turn, unless a socket still needs it', () => {
  const { shared, place } = made();
  const first = place(text('one'));
  shared.release();
  const late = place(text('two'));
  expect(late.buffer).toBe(first.buffer);
  expect(late.byteOffset).toBe(first.byteOffset);
  shared.keep();
  shared.release();
  expect(place(text('six')).buffer).not.toBe(late.buffer);
  expect(late.toString()).toContain('two');
  // Retained for one turn, but not for later ones, and not for one without frames.
  const next = place(text('ten'));
  shared.release();
  shared.keep();
  shared.release();
  expect(place(text('111')).buffer).toBe(next.buffer);
});

test('a full chunk that a socket still needs is not released', () => {
  const { chunks, shared, place } = made();
  for (let i = 0; i < 40; i++) place(text('x'.repeat(1000)));
  shared.keep();
  shared.release();
  expect(chunks.out).toBe(2);
  place(text('y'));
  expect(chunks.out).toBe(3);
});

test('a message that is sent in two turns is written in both', () => {
  const { shared, place } = made();
  const message = text('twice');
  place(message);
  shared.release();
  expect(place(message)).toEqual(Buffer.from(message.frame));
});
