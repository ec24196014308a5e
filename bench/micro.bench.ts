import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { constants, runInThisContext } from 'node:vm';
import { Encoder } from 'cbor-x';
import { bench, describe } from 'vitest';
import * as ws from 'ws';
import type { FrameSink } from '../src/protocol/host-encoder.js';
import { frame, OPCODE } from '../test/support/raw-client.js';

/*
 * The payload path piece by piece, with what one would take from a library beside it. Each run does
 * a thousand messages, so that the clock does not count.
 */

/**
 * What is measured is what Node runs, `dist/`: Vitest makes of every import a look-up that costs
 * as much as what is measured here. `npx vitest` has built it.
 */
const load: (url: string) => Promise<unknown> = runInThisContext('(url) => import(url)', {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const built = (path: string) => load(new URL(`../dist/${path}`, import.meta.url).href);

const { cborEncoder } = (await built(
  'protocol/cbor-encoder.js',
)) as typeof import('../src/protocol/cbor-encoder.js');
const { decodeCommand } = (await built(
  'protocol/decode-command.js',
)) as typeof import('../src/protocol/decode-command.js');
const { writeFrameHeader } = (await built(
  'protocol/frame.js',
)) as typeof import('../src/protocol/frame.js');
const { Payload } = (await built(
  'protocol/payload.js',
)) as typeof import('../src/protocol/payload.js');
const { FlushCycle } = (await built(
  'transport/flush-cycle.js',
)) as typeof import('../src/transport/flush-cycle.js');
const { FrameReader } = (await built(
  'transport/frame-reader.js',
)) as typeof import('../src/transport/frame-reader.js');
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

/** A text from a client. It is unmasked in place, and may be read again: both ways it is ASCII. */
const textFrame = () => frame(OPCODE.text, TEXT, { key: [1, 2, 3, 4] });

describe('read a frame, 64 B text', () => {
  const socket = new EventEmitter() as Socket;
  new FrameReader(socket, { emitted: 0, emit() {} }, () => {}, new FlushCycle());
  const ours = textFrame();
  bench(
    'ours',
    times(() => socket.emit('data', ours)),
  );
  // Types do not know of it.
  const { Receiver } = ws as unknown as { Receiver: new (options: object) => EventEmitter };
  const receiver = new Receiver({ isServer: true }) as EventEmitter & NodeJS.WritableStream;
  receiver.on('message', () => {});
  const theirs = textFrame();
  bench(
    'ws',
    times(() => receiver.write(theirs)),
  );
});

describe.each([
  ['to_str, 64 B', { cmd: 'to_str', to: [], data: TEXT.toString() }],
  ['to, 1 KiB byte string', { cmd: 'to', to: [], data: BYTES }],
  ['to, 1 KiB array of integers', { cmd: 'to', to: [], data: [...BYTES] }],
])('read %s', (_, command) => {
  const frame = Buffer.from(library.encode(command));
  bench(
    'ours',
    times(() => decodeCommand(frame, true)),
  );
  bench(
    'cbor-x',
    times(() => library.decode(frame)),
  );
});

/** Room that is written to again and again. */
class ScratchSink implements FrameSink {
  readonly buffer = Buffer.alloc(8192);
  reserve(): number {
    return 0;
  }
  giveBack(): void {}
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

/** A socket whose kernel takes everything and does nothing with it. */
const nowhere = {
  writable: true,
  writableLength: 0,
  write() {},
  cork() {},
  uncork() {},
} as unknown as Socket;

describe('outbox, 1,000 small frames that leave in turns of 8', () => {
  const cycle = new FlushCycle();
  const outbox = new Outbox(nowhere, cycle, { backlogChanged() {} });
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
    'written in place, as a host gets them',
    times(() => {
      encoder.message(outbox, 7, payload);
      endOfTurn();
    }),
  );
  bench(
    'written for all of a room, as players get them',
    times(() => {
      outbox.send(messages[count % 8] as (typeof messages)[0]);
      endOfTurn();
    }),
  );
  let waiting: Buffer[] = [];
  bench(
    'encoded by cbor-x and joined by Buffer.concat',
    times(() => {
      waiting.push(library.encode({ cmd: 'from_str', from: 7, data: TEXT.toString() }));
      if (waiting.length < 8) return;
      nowhere.write(Buffer.concat(waiting));
      waiting = [];
    }),
  );
});
