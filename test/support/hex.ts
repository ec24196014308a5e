import { CommandError } from '../../src/protocol/wmbp/command-error.js';
import type { ErrorCode } from '../../src/protocol/wmbp/error-codes.js';

/**
 * The bytes of a dump in hex, in which "quoted words" are short text strings of CBOR, with their
 * heads: `a1 "cmd" "stop"`.
 */
export function hex(dump: string): Buffer {
  const digits = dump
    .replace(/"([^"]*)"/g, (_, word: string) => textItem(word).toString('hex'))
    .replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not a dump: ${dump}`);
  return Buffer.from(digits, 'hex');
}

function textItem(word: string): Buffer {
  const utf8 = Buffer.from(word);
  if (utf8.length > 23) throw new Error(`too long for a head of one byte: ${word}`);
  return Buffer.concat([Buffer.of(0x60 | utf8.length), utf8]);
}

/** The reason of a CommandError. Any other exception fails the test. */
export function refusal(attempt: () => unknown): { code: ErrorCode; reason: string } {
  try {
    attempt();
  } catch (error) {
    if (error instanceof CommandError) return { code: error.code, reason: error.message };
    throw error;
  }
  throw new Error('was not refused');
}
