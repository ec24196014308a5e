import { Buffer } from 'node:buffer';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { constants, runInThisContext } from 'node:vm';
import { Encoder } from 'cbor-x';
import { bench, describe } from 'vitest';
import * as ws from 'ws';
import type { FrameSink } from '../src/protocol/frame-sink.js';
import { frame, OPCODE } from '../test/support/raw-client.js';
import { noListener } from '../test/support/test-socket.js';

/*
 * Measures the parts of the payload path, each compared with a library. One run is a thousand messages,
 * so that reading the clock does not matter.
 */

/**
 * Loads modules from `dist/`, which `npx vitest` has built. Vitest turns every use of an import into a
 * look-up that costs as much as the code that is measured here.
 */
const load: (url: string) => Promise<unknown> = runInThisContext('(url) => import(url)', {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const built = (path: string) => load(new URL(`../dist/${path}`, import.meta.url).href);

const { cborEncoder } = (await built(
  'protocol/wmbp/cbor-encoder.js',
)) as typeof import('../src/protocol/wmbp/cbor-encoder.js');
const { readCommand } = (await built(
  'protocol/wmbp/read-command.js',
)) as typeof import('../src/protocol/wmbp/read-command.js');
const { writeFrameHeader } = (await built(
  'protocol/frame.js',
)) as typeof import('../src/protocol/frame.js');
const { Payload } = (await built(
  'protocol/payload.js',
)) as typeof import('../src/protocol/payload.js');
const { FlushCycle } = (await built(
  'transport/flush-cycle.js',
)) as typeof import('../src/transport/flush-cycle.js');
const { FrameParser } = (await built(
  'transport/frame-parser.js',
)) as typeof import('../src/transport/frame-parser.js');
const { Outbox } = (await built(
  'transport/outbox.js',
)) as typeof import('../src/transport/outbox.js');

const MESSAGES = 1000;
const TEXT = Buffer.alloc(64, 'lobby relay ');
const BYTES = Buffer.from(Uint8Array.from({ length: 1024 }, (_, i) => (i * 97) & 255));

const library = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });

const times = (run: () => void) => () => {
  for (let i = 0; i < MESSAGES; i++) run();
};

/** A text from a client. It is unmasked in place and read again: masked twice, it is ASCII, too. */
const textFrame = () => frame(OPCODE.text, TEXT, { key: [1, 2, 3, 4] });

describe.each([
  ['64 B text', textFrame],
  ['1 KiB binary', () => frame(OPCODE.binary, BYTES, { key: [1, 2, 3, 4] })],
  ['16 KiB binary', () => frame(OPCODE.binary, Buffer.alloc(16_384, 7), { key: [1, 2, 3, 4] })],
])('read a frame, %s', (_, made) => {
  const nothing = () => {};
  const parser = new FrameParser(
    {
      message: nothing,
      ping: nothing,
      pong: nothing,
      closeFrame: nothing,
      broken: nothing,
      parsed: nothing,
    },
    65_536,
  );
  const ours = made();
  bench(
    'ours',
    times(() => parser.read(ours)),
  );
  // The types of `ws` do not contain it.
  const { Receiver } = ws as unknown as { Receiver: new (options: object) => EventEmitter };
  const receiver = new Receiver({ isServer: true }) as EventEmitter & NodeJS.WritableStream;
  receiver.on('message', nothing);
  const theirs = made();
  bench(
    'ws',
    times(() => receiver.write(theirs)),
  );
});

/** Our reader may write to a frame. */
const copyOf = (frame: Buffer): Buffer => Buffer.from(frame);

describe.each([
  ['to_str, 64 B', { cmd: 'to_str', to: [], data: TEXT.toString() }],
  ['to, 1 KiB byte string', { cmd: 'to', to: [], data: BYTES }],
  ['to, 1 KiB array of integers', { cmd: 'to', to: [], data: [...BYTES] }],
])('read %s', (_, command) => {
  const frame = Buffer.from(library.encode(command));
  bench(
    'ours',
    times(() => readCommand(copyOf(frame), true)),
  );
  bench(
    'cbor-x',
    times(() => library.decode(copyOf(frame))),
  );
});

/** A sink that is overwritten with every frame. */
class ScratchSink implements FrameSink {
  readonly buffer = Buffer.alloc(8192);
  reserve(): number {
    return 0;
  }
  attach(): void {}
  release(): void {}
}

const sink = new ScratchSink();

describe.each([
  ['from_str, 64 B', cborEncoder({ bytes: true }), new Payload(TEXT, true)],
  ['from, 1 KiB byte string', cborEncoder({ bytes: true }), new Payload(BYTES, false)],
  ['from, 1 KiB array of integers', cborEncoder({ bytes: false }), new Payload(BYTES, false)],
])('envelope %s', (name, encoder, { text, bytes }) => {
  const integers = name.endsWith('integers');
  bench(
    'ours',
    times(() => encoder.message(sink, 7, new Payload(bytes, text))),
  );
  bench(
    'cbor-x',
    times(() => {
      const data = text ? (bytes as Buffer).toString() : integers ? [...bytes] : bytes;
      const encoded = library.encode({ cmd: text ? 'from_str' : 'from', from: 7, data });
      sink.buffer.set(encoded, writeFrameHeader(sink.buffer, 0, 2, encoded.length));
    }),
  );
});

/** A socket that drops everything. */
const nowhere = {
  writable: true,
  writableLength: 0,
  write() {},
  cork() {},
  uncork() {},
} as unknown as Socket;

describe('outbox, 1,000 small frames, 8 per turn', () => {
  const cycle = new FlushCycle();
  const outbox = new Outbox(nowhere, cycle, noListener);
  const encoder = cborEncoder({ bytes: true });
  const payload = new Payload(TEXT, true);
  const messages = Array.from({ length: 8 }, () => new Payload(TEXT, true));
  let count = 0;
  const endOfTurn = () => {
    if (++count % 8 !== 0) return;
    outbox.flush();
    cycle.shared.release();
  };
  bench(
    'written in place, as for a host',
    times(() => {
      encoder.message(outbox, 7, payload);
      endOfTurn();
    }),
  );
  bench(
    'shared by all players of a room',
    times(() => {
      outbox.send(messages[count % 8] as (typeof messages)[0]);
      endOfTurn();
    }),
  );
  let frames: Buffer[] = [];
  bench(
    'encoded by cbor-x and joined by Buffer.concat',
    times(() => {
      frames.push(library.encode({ cmd: 'from_str', from: 7, data: TEXT.toString() }));
      if (frames.length < 8) return;
      nowhere.write(Buffer.concat(frames));
      frames = [];
    }),
  );
});
