import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { type Chunks, JoinedFrames } from '../../../src/transport/joined-frames.js';

/** Memory that is counted. */
class Stock implements Chunks {
  out = 0;
  readonly back: Buffer[] = [];

  takeChunk(): Buffer {
    this.out++;
    return this.back.pop() ?? Buffer.alloc(16);
  }

  returnChunk(chunk: Buffer): void {
    this.out--;
    this.back.push(chunk);
  }
}

const [a, b, c] = ['a', 'bb', 'ccc'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

test('the same frames are one piece, made once', () => {
  const stock = new Stock();
  const joined = new JoinedFrames(stock);
  const piece = joined.join([a, b, c]);
  expect(piece.toString()).toBe('abbccc');
  expect(joined.join([a, b, c])).toBe(piece);
  expect(stock.out).toBe(1);
});

test.each([
  ['fewer', [a, b]],
  ['more', [a, b, c, a]],
  ['others', [a, b, Buffer.from('ccc')]],
  ['the same in another order', [b, a, c]],
])('%s are a piece of their own', (_, parts) => {
  const joined = new JoinedFrames(new Stock());
  const piece = joined.join([a, b, c]);
  const other = joined.join(parts);
  expect(other).not.toBe(piece);
  expect(other).toEqual(Buffer.concat(parts));
});

test('its memory is used again, unless somebody still has to write it', () => {
  const stock = new Stock();
  const joined = new JoinedFrames(stock);
  joined.join([a, b]);
  joined.release();
  joined.release();
  expect(stock.out).toBe(0);
  const late = joined.join([a, b]);
  joined.keep();
  joined.release();
  expect(stock.out).toBe(1);
  joined.join([c, c]);
  expect(late.toString()).toBe('abb');
  joined.release();
  expect(stock.out).toBe(1);
});
