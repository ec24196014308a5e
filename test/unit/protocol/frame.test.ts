import { describe, expect, it, vi } from 'vitest';
import {
  BINARY,
  frameHeaderLength,
  PONG,
  TEXT,
  writeFrameHeader,
} from '../../../src/protocol/frame.js';
import { Payload } from '../../../src/protocol/payload.js';
import { receive, receiveOne } from '../../support/receive.js';

const BORDERS = [0, 1, 23, 124, 125, 126, 127, 255, 256, 65_534, 65_535, 65_536, 65_537];

/** A header as RFC 6455 section 5.2 draws it. */
interface Header {
  fin: boolean;
  reserved: number;
  opcode: number;
  masked: boolean;
  payloadLength: bigint;
  /** How many bytes the header takes. */
  size: number;
}

function parseHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [first, second] = [view.getUint8(0), view.getUint8(1)];
  const short = second & 0x7f;
  const wide = { 126: 2, 127: 8 }[short] ?? 0;
  return {
    fin: (first & 0x80) !== 0,
    reserved: (first & 0x70) >> 4,
    opcode: first & 0x0f,
    masked: (second & 0x80) !== 0,
    payloadLength:
      wide === 0 ? BigInt(short) : wide === 2 ? BigInt(view.getUint16(2)) : view.getBigUint64(2),
    size: 2 + wide,
  };
}

function header(opcode: number, payloadLength: number): Buffer {
  const target = Buffer.alloc(32, 0xaa);
  const end = writeFrameHeader(target, 9, opcode, payloadLength);
  expect(target.subarray(0, 9).every((byte) => byte === 0xaa)).toBe(true);
  expect(target.subarray(end).every((byte) => byte === 0xaa)).toBe(true);
  return target.subarray(9, end);
}

describe('a frame header', () => {
  it.each([...BORDERS, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])(
    'contains the length %i in as few bytes as possible',
    (length) => {
      const written = header(BINARY, length);
      expect(parseHeader(written)).toEqual({
        fin: true,
        reserved: 0,
        opcode: 2,
        masked: false,
        payloadLength: BigInt(length),
        size: written.length,
      });
      expect(written.length).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10);
      expect(frameHeaderLength(length)).toBe(written.length);
    },
  );

  it.each([
    ['text', TEXT, '8105'],
    ['binary', BINARY, '8205'],
    ['a pong', PONG, '8a05'],
  ])('has the opcode of a %s frame', (_, opcode, hex) => {
    expect(header(opcode, 5).toString('hex')).toBe(hex);
  });

  it('matches the examples of RFC 6455 section 5.7', () => {
    expect(header(BINARY, 256).toString('hex')).toBe('827e0100');
    expect(header(BINARY, 65_536).toString('hex')).toBe('827f0000000000010000');
  });
});

describe('the frame of a payload', () => {
  it.each(BORDERS)('carries %i bytes to a client', (length) => {
    const bytes = Buffer.alloc(length, 'any bytes will do');
    const { binary, data } = receiveOne(new Payload(bytes, false).frame);
    expect(binary).toBe(true);
    expect(data.equals(bytes)).toBe(true);
  });

  it.each(BORDERS)('carries %i bytes of text to a client', (length) => {
    const { binary, data } = receiveOne(new Payload(Buffer.alloc(length, 'x'), true).frame);
    expect(binary).toBe(false);
    expect(data.toString()).toBe('x'.repeat(length));
  });

  it('is a text frame for text and a binary frame for bytes, whatever the bytes are', () => {
    const bytes = Buffer.from('hello');
    expect(new Payload(bytes, true).frame.toString('hex')).toBe('810568656c6c6f');
    expect(new Payload(bytes, false).frame.toString('hex')).toBe('820568656c6c6f');
  });

  it('follows another without a gap', () => {
    const payloads = BORDERS.map((length) => new Payload(Buffer.alloc(length, 'x'), true));
    const received = receive(Buffer.concat(payloads.map(({ frame }) => frame)));
    expect(received.map(({ data }) => data.length)).toEqual(BORDERS);
  });

  it('is created once, on first use', () => {
    const allocated = vi.spyOn(Buffer, 'allocUnsafe');
    try {
      const payload = new Payload(Buffer.of(1, 2, 3), false);
      expect(allocated).not.toHaveBeenCalled();
      const first = payload.frame;
      expect(payload.frame).toBe(first);
      expect(payload.frame).toBe(first);
      expect(allocated).toHaveBeenCalledOnce();
    } finally {
      allocated.mockRestore();
    }
  });

  it('contains a copy of the payload, so that the memory of the payload can be reused', () => {
    const bytes = Buffer.of(1, 2, 3);
    const { frame } = new Payload(bytes, false);
    bytes.fill(0);
    expect([...receiveOne(frame).data]).toEqual([1, 2, 3]);
  });

  it('carries a payload that is a view on a larger buffer', () => {
    const view = Buffer.from('..hello..').subarray(2, -2);
    expect(receiveOne(new Payload(view, true).frame).data.toString()).toBe('hello');
  });
});
