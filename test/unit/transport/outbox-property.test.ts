import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Payload } from '../../../src/protocol/payload.js';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { Outbox } from '../../../src/transport/outbox.js';
import { noListener } from '../../support/test-socket.js';

/** A socket that reads its buffers only when its kernel copies them. */
class LateSocket {
  readonly writable = true;
  writableLength = 0;
  taking = true;
  readonly #taken: Buffer[] = [];
  readonly #waiting: { readonly bytes: Buffer; readonly done: (() => void) | undefined }[] = [];

  write(bytes: Buffer, done?: () => void): void {
    this.#waiting.push({ bytes, done });
    this.writableLength += bytes.length;
    if (this.taking && this.#waiting.length === 1) this.drain();
  }

  cork(): void {}

  uncork(): void {}

  drain(): void {
    this.writableLength = 0;
    for (const { bytes, done } of this.#waiting.splice(0)) {
      this.#taken.push(Buffer.from(bytes));
      done?.();
    }
  }

  get received(): Buffer {
    return Buffer.concat(this.#taken);
  }
}

/** A connection, and the frames that its other end must receive. */
class Line {
  readonly socket = new LateSocket();
  readonly outbox: Outbox;
  readonly #expected: Buffer[] = [];

  constructor(cycle: FlushCycle) {
    this.outbox = new Outbox(this.socket as unknown as Socket, cycle, noListener);
  }

  send(message: Payload, frame: Buffer): void {
    this.outbox.send(message);
    this.#expected.push(frame);
  }

  writeInPlace(bytes: Buffer): void {
    const at = this.outbox.reserve(bytes.length);
    this.outbox.buffer.set(bytes, at);
    this.#expected.push(bytes);
  }

  get expected(): Buffer {
    return Buffer.concat(this.#expected);
  }
}

const LINES = 4;

const line = fc.nat(LINES - 1);
const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.integer({ min: 900, max: 6000 }) },
  { weight: 1, arbitrary: fc.constantFrom(8188, 8189, 16_384, 32_764, 32_765, 70_000, 300_000) },
);
const lines = fc.oneof(
  fc.constant([0, 1, 2, 3]),
  fc.uniqueArray(line, { minLength: 1, maxLength: LINES }),
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ is: fc.constant('send' as const), lines, length }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('write' as const), line, length }) },
  { weight: 4, arbitrary: fc.record({ is: fc.constant('turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('stall' as const), line }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('drain' as const), line }) },
);

/** An independent encoder for the frame of a text (RFC 6455 section 5.2). */
function frameOf(text: Buffer): Buffer {
  const header = Buffer.alloc(text.length < 126 ? 2 : text.length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  if (header.length === 2) header[1] = text.length;
  else if (header.length === 4) {
    header[1] = 126;
    header.writeUInt16BE(text.length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(text.length), 2);
  }
  return Buffer.concat([header, text]);
}

/*
 * Memory is reused and shared. If that happened too early, a client would receive bytes of another client
 * or of another message.
 */
test('every receiver gets its frames in order, with slow receivers and shared frames', async () => {
  // With little time per turn, so that large output takes several turns.
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 3;
    return now;
  });
  onTestFinished(() => clock.mockRestore());
  const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const cycle = new FlushCycle();
      const all = Array.from({ length: LINES }, () => new Line(cycle));
      let count = 0;
      const content = (bytes: number): Buffer => Buffer.alloc(bytes, `${count++}.`);
      for (const step of steps) {
        if (step.is === 'send') {
          const bytes = content(step.length);
          const message = new Payload(bytes, true);
          const frame = frameOf(bytes);
          for (const at of step.lines) all[at]?.send(message, frame);
        } else if (step.is === 'write') {
          if (step.length > 0) all[step.line]?.writeInPlace(content(step.length));
        } else if (step.is === 'turn') {
          await endOfTurn();
        } else {
          const { socket } = all[step.line] as Line;
          socket.taking = step.is === 'drain';
          if (socket.taking) socket.drain();
        }
      }
      await endOfTurn();
      for (const { socket, outbox, expected } of all) {
        socket.taking = true;
        socket.drain();
        while (outbox.backlog > 0 || socket.received.length < expected.length) await endOfTurn();
        expect(socket.received.equals(expected)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});
