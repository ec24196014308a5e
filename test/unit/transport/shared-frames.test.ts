import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { CHUNK_BYTES, ChunkPool } from '../../../src/transport/chunk-pool.js';
import { SharedFrames } from '../../../src/transport/shared-frames.js';
import { text } from '../../support/peers.js';

/** Memory that is counted. */
class CountedPool extends ChunkPool {
  out = 0;

  override take(): Buffer {
    this.out++;
    return super.take();
  }

  override giveBack(chunk: Buffer): void {
    this.out--;
    super.giveBack(chunk);
  }
}

function made() {
  const chunks = new CountedPool();
  const shared = new SharedFrames(chunks);
  /** Where the frame of this message is. */
  const place = (payload: ReturnType<typeof text>): Buffer => {
    expect(shared.place(payload)).toBe(true);
    return shared.view(shared.chunk, shared.start, shared.end);
  };
  return { chunks, shared, place };
}

test('a message is written once for all who get it, as the frame that it is', () => {
  const { place } = made();
  const message = text('to all');
  const frame = place(message);
  expect(frame).toEqual(Buffer.from(message.frame));
  expect(place(message)).toBe(frame);
});

test('one message lies right behind the other', () => {
  const { shared, place } = made();
  const [a, b] = [text('first'), text('second')];
  place(a);
  const { start } = shared;
  place(b);
  const both = shared.view(shared.chunk, start, shared.end);
  expect(both).toEqual(Buffer.concat([a.frame, b.frame]));
});

test('the same words said again are another message', () => {
  const { place } = made();
  expect(place(text('again')).byteOffset).not.toBe(place(text('again')).byteOffset);
});

test('what is not worth a copy is refused, and nothing is changed by that', () => {
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

test('a chunk that is full is left as it is, and given back after the turn', () => {
  const { chunks, shared, place } = made();
  const messages = Array.from({ length: 80 }, (_, i) => text(String(i).padEnd(1000, '.')));
  const frames = messages.map(place);
  expect(shared.end).toBeLessThanOrEqual(CHUNK_BYTES);
  expect(frames).toEqual(messages.map(({ frame }) => Buffer.from(frame)));
  expect(chunks.out).toBe(3);
  shared.release();
  // One is at hand for the next turn.
  expect(chunks.out).toBe(1);
  shared.release();
  expect(chunks.out).toBe(1);
});

test('its memory is used again in the next turn, unless somebody still has to write it', () => {
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
  // Kept for one turn, not for all that follow, nor for one in which nothing was placed.
  const next = place(text('ten'));
  shared.release();
  shared.keep();
  shared.release();
  expect(place(text('111')).buffer).toBe(next.buffer);
});

test('a full chunk that somebody still has to write is not given back either', () => {
  const { chunks, shared, place } = made();
  for (let i = 0; i < 40; i++) place(text('x'.repeat(1000)));
  shared.keep();
  shared.release();
  expect(chunks.out).toBe(2);
  place(text('y'));
  expect(chunks.out).toBe(3);
});

test('a message that two turns have is written in both', () => {
  const { shared, place } = made();
  const message = text('twice');
  place(message);
  shared.release();
  expect(place(message)).toEqual(Buffer.from(message.frame));
});
