import { closeSync, openSync, readSync } from 'node:fs';

/** More than any certificate chain has, in bytes. */
const MAX_BYTES = 1 << 20;

/**
 * Reads a file with a certificate or a key. It may be a pipe, as a shell's `<(…)` is. A device such
 * as `/dev/zero` never ends, and would use all memory of the machine.
 *
 * @throws {Error} if it cannot be read, or is larger than 1 MiB
 */
export function readTlsFile(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    if (length > MAX_BYTES) throw new Error(`${path} is larger than 1 MiB; name a PEM file`);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
