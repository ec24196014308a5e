import { WireError } from './frames.js';
import { FLAG, HEAD_BYTES, MAX_BATCH, VERSION } from './wire.js';

/** The head of a batch: see `wire.ts`. */
export interface Head {
  readonly flags: number;
  readonly from: number;
  readonly to: number;
  readonly number: number;
  readonly acknowledged: number;
  readonly credit: number;
}

const ALL_FLAGS = FLAG.frames | FLAG.resend | FLAG.reset;

export function writeHead(head: Head, target: Buffer): void {
  target[0] = VERSION;
  target[1] = head.flags;
  target.writeUInt32LE(head.from, 2);
  target.writeUInt32LE(head.to, 6);
  target.writeUInt32LE(head.number, 10);
  target.writeUInt32LE(head.acknowledged, 14);
  target.writeUInt32LE(head.credit, 18);
}

/** @throws {WireError} */
export function readHead(batch: Buffer): Head {
  const { length } = batch;
  if (length < HEAD_BYTES) throw new WireError('a batch without a whole head');
  if (length > MAX_BATCH) throw new WireError(`a batch of ${length} bytes`);
  if (batch[0] !== VERSION) throw new WireError(`version ${batch[0]} of the link`);
  const flags = batch[1] as number;
  if ((flags & ~ALL_FLAGS) !== 0) throw new WireError(`unknown flags ${flags}`);
  if (((flags & FLAG.frames) !== 0) !== length > HEAD_BYTES) {
    throw new WireError('a batch whose flags do not match its frames');
  }
  return {
    flags,
    from: batch.readUInt32LE(2),
    to: batch.readUInt32LE(6),
    number: batch.readUInt32LE(10),
    acknowledged: batch.readUInt32LE(14),
    credit: batch.readUInt32LE(18),
  };
}
