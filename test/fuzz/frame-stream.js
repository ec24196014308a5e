// Streams of frames as clients send them: valid ones and, at the end, sometimes an invalid one.

const FIN = 0x80;
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];

/** @typedef {import('../soak/random.js').Random} Random */

/**
 * A stream that ends with a close, with a frame that breaks the protocol, or in the middle.
 *
 * @param {Random} random
 * @param {number} maxMessage
 * @returns {{ bytes: Buffer; frames: number; isCut: boolean }}
 */
export function frameStream(random, maxMessage) {
  /** @type {Buffer[]} */
  const frames = [];
  const messages = Math.floor(random.magnitude(1, 400));
  for (let i = 0; i < messages; i++) addMessage(frames, random);
  const ending = random.int(0, 4);
  if (ending === 0) frames.push(wrong(random, maxMessage));
  else if (ending < 3) frames.push(close(random));
  let bytes = Buffer.concat(frames);
  const isCut = ending === 3;
  if (isCut) bytes = bytes.subarray(0, Math.max(1, bytes.length - random.int(0, 20)));
  return { bytes, frames: frames.length, isCut };
}

/** @param {Buffer[]} frames @param {Random} random */
function addMessage(frames, random) {
  const kind = random.int(0, 10);
  if (kind === 0) return void frames.push(control(random));
  const isText = random.int(0, 2) === 0;
  const payload = isText ? words(random) : noise(random, length(random));
  const opcode = isText ? TEXT : BINARY;
  if (kind > 2) return void frames.push(frame(random, FIN | opcode, payload));
  const parts = random.int(2, 6);
  for (let part = 0, at = 0; part < parts; part++) {
    const isLast = part === parts - 1;
    const to = isLast ? payload.length : random.int(at, payload.length + 1);
    const first = (isLast ? FIN : 0) | (part === 0 ? opcode : CONTINUATION);
    frames.push(frame(random, first, payload.subarray(at, to)));
    at = to;
    if (!isLast && random.int(0, 3) === 0) frames.push(control(random));
  }
}

/** Mostly short, as in games; some with a length that changes how the message is read. */
function length(/** @type {Random} */ random) {
  if (random.int(0, 20) > 0) return Math.floor(random.magnitude(1, 300)) - 1;
  if (random.int(0, 3) > 0) return random.pick([125, 126, 127, 511, 512, 513, 2047, 2048, 4096]);
  return random.pick([16_384, 65_535, 65_536, 70_001]);
}

/** @param {Random} random @param {number} count */
function noise(random, count) {
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at++) bytes[at] = random.uint32();
  return bytes;
}

/** @param {Random} random */
function words(random) {
  const one = random.pick(['a', 'word ', 'ß', '→', '🎲']);
  return Buffer.from(one.repeat(Math.ceil(length(random) / one.length)));
}

/** @param {Random} random */
function control(random) {
  const payload = noise(random, Math.floor(random.magnitude(1, 127)) - 1);
  return frame(random, FIN | random.pick([PING, PONG]), payload);
}

/** @param {Random} random */
function close(random) {
  const code = random.pick([undefined, 1000, 1001, 3000, 4999]);
  if (code === undefined) return frame(random, FIN | CLOSE, Buffer.alloc(0));
  const reason = random.pick(['', 'bye', 'tschüß']);
  return frame(random, FIN | CLOSE, Buffer.from([code >>> 8, code & 0xff, ...Buffer.from(reason)]));
}

/** @param {Random} random @param {number} maxMessage */
function wrong(random, maxMessage) {
  const nothing = Buffer.alloc(0);
  switch (random.int(0, 9)) {
    case 0:
      return frame(random, FIN | random.pick([3, 7, 11, 15]), nothing);
    case 1:
      return frame(random, FIN | TEXT | random.pick([0x10, 0x20, 0x40]), nothing);
    case 2:
      return frame(random, FIN | TEXT, Buffer.from([0x61, 0xc3, 0x28]));
    case 3:
      return frame(random, FIN | CONTINUATION, nothing);
    case 4:
      return frame(random, PING, nothing);
    case 5:
      return frame(random, FIN | PING, Buffer.alloc(126));
    case 6:
      return frame(random, FIN | CLOSE, Buffer.from(random.pick([[3], [3, 0xed], [0xff, 0xff]])));
    case 7:
      return frame(random, FIN | BINARY, Buffer.alloc(maxMessage + 1)).subarray(0, 20);
    default:
      return Buffer.from([FIN | TEXT, 1, 0x61]);
  }
}

/** @param {Random} random @param {number} first @param {Buffer} payload */
function frame(random, first, payload) {
  const { length: count } = payload;
  // Some lengths are encoded in more bytes than necessary.
  const wide = random.int(0, 50) === 0;
  let head;
  if (count < 126 && !wide) head = Buffer.from([first, 0x80 | count]);
  else if (count < 0x10000 && !(wide && count > 125)) {
    head = Buffer.from([first, 0x80 | 126, count >>> 8, count & 0xff]);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(count), 2);
  }
  // Control frames allow only the 7-bit form.
  if (wide && (first & 8) !== 0 && count < 126) head = Buffer.from([first, 0x80 | count]);
  const key = noise(random, 4);
  const masked = Buffer.from(payload);
  for (let at = 0; at < count; at++) masked[at] ^= /** @type {number} */ (key[at & 3]);
  return Buffer.concat([head, key, masked]);
}
