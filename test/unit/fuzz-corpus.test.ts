import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { route } from '../../src/http/route.js';
import { CommandError } from '../../src/protocol/command-error.js';
import { decodeCommand } from '../../src/protocol/decode-command.js';

/*
 * What fuzzing starts from, and what it once found: `npm run fuzz` keeps every input that breaks
 * something in this folder. Each goes through every reader, whatever it was made for.
 */
const corpus = fileURLToPath(new URL('../fuzz/corpus/', import.meta.url));
const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.hex'),
);

/** Bytes in hex, between lines of comment. */
function read(file: string): Buffer {
  const hex = readFileSync(corpus + file, 'utf8')
    .replace(/^#.*$/gm, '')
    .replace(/\s+/g, '');
  const bytes = Buffer.from(hex, 'hex');
  expect(bytes.toString('hex'), 'a file that is not hex').toBe(hex);
  return bytes;
}

/** Anything that is thrown but is no CommandError fails the test. */
function isCommand(bytes: Buffer, binary: boolean): boolean {
  try {
    decodeCommand(bytes, binary);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

test('the corpus has commands, and what is none, in both formats', () => {
  const outcomes = (folder: string, binary: boolean) =>
    new Set(
      files.filter((file) => file.startsWith(folder)).map((file) => isCommand(read(file), binary)),
    );
  expect(outcomes('cbor/', true)).toEqual(new Set([true, false]));
  expect(outcomes('json/', false)).toEqual(new Set([true, false]));
});

test.each(files)('%s', (file) => {
  const bytes = read(file);
  isCommand(bytes, true);
  isCommand(bytes, false);
  route(bytes.toString('latin1'));
  route(bytes.toString('utf8'));
});
