// Inputs to start from, in a folder for each kind. A file contains bytes in hex; lines that start
// with `#` are comments.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const CORPUS = new URL('./corpus/', import.meta.url);
const LINE = 96;

/**
 * @param {string} kind
 * @returns {Buffer[]}
 */
export function readCorpus(kind) {
  const folder = new URL(`${kind}/`, CORPUS);
  const files = readdirSync(folder).filter((file) => file.endsWith('.hex'));
  return files.sort().map((file) => {
    const hex = readFileSync(new URL(file, folder), 'utf8').replace(/^#.*$/gm, '');
    return Buffer.from(hex.replace(/\s+/g, ''), 'hex');
  });
}

/**
 * Adds an input to the corpus for later runs.
 *
 * @param {string} kind
 * @param {Uint8Array} bytes
 * @param {string} reason
 * @returns the file's path
 */
export function addToCorpus(kind, bytes, reason) {
  const name = createHash('sha1').update(bytes).digest('hex').slice(0, 12);
  const file = new URL(`${kind}/${name}.hex`, CORPUS);
  mkdirSync(new URL('.', file), { recursive: true });
  const lines =
    Buffer.from(bytes)
      .toString('hex')
      .match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  // The first line only: a stack contains paths of this machine.
  const [message = ''] = reason.split('\n', 1);
  const comment = message.replace(/\s+/g, ' ').slice(0, LINE);
  writeFileSync(file, [`# ${comment}`, ...lines, ''].join('\n'));
  return file.pathname;
}
