/** The opcodes of frames (RFC 6455 section 5.2). */
export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** The longest header of an unmasked frame, in bytes. */
export const MAX_HEADER = 10;

/** The length of the header of an unmasked frame, in bytes. */
export function frameHeaderLength(payloadLength: number): number {
  if (payloadLength < 126) return 2;
  return payloadLength < 0x10000 ? 4 : MAX_HEADER;
}

/**
 * Writes the header of a final, unmasked frame, as a server sends it (RFC 6455 section 5.2).
 *
 * @returns the offset after the header
 */
export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  opcode: number,
  payloadLength: number,
): number {
  target[at++] = 0x80 | opcode;
  if (payloadLength < 126) {
    target[at++] = payloadLength;
    return at;
  }
  if (payloadLength < 0x10000) {
    target[at++] = 126;
    target[at++] = payloadLength >>> 8;
    target[at++] = payloadLength;
    return at;
  }
  target[at++] = 127;
  const high = Math.floor(payloadLength / 0x100000000);
  for (let shift = 24; shift >= 0; shift -= 8) target[at++] = high >>> shift;
  for (let shift = 24; shift >= 0; shift -= 8) target[at++] = payloadLength >>> shift;
  return at;
}
