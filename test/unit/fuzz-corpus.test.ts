import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readFrames } from '../../src/cluster/wire/frame-reader.js';
import { IGNORES_FRAMES, WireError } from '../../src/cluster/wire/frames.js';
import { readHead } from '../../src/cluster/wire/head.js';
import { Streams } from '../../src/cluster/wire/streams.js';
import { route } from '../../src/http/route.js';
import { SignalingError } from '../../src/protocol/signaling/errors.js';
import { readCall, readRequest } from '../../src/protocol/signaling/read-request.js';
import { CommandError } from '../../src/protocol/wmbp/command-error.js';
import { readCommand } from '../../src/protocol/wmbp/read-command.js';

/*
 * The inputs from which fuzzing starts, and those that have caused failures: `npm run fuzz` adds them
 * to this folder. Every reader reads all of them.
 */
const corpus = fileURLToPath(new URL('../fuzz/corpus/', import.meta.url));
const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.hex'),
);

/** Reads bytes in hex, and skips comments. */
function read(file: string): Buffer {
  const hex = readFileSync(corpus + file, 'utf8')
    .replace(/^#.*$/gm, '')
    .replace(/\s+/g, '');
  const bytes = Buffer.from(hex, 'hex');
  expect(bytes.toString('hex'), 'a file that is not hex').toBe(hex);
  return bytes;
}

/** Any exception other than a CommandError fails the test. */
function isCommand(bytes: Buffer, binary: boolean): boolean {
  try {
    readCommand(bytes, binary);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Any exception other than a SignalingError fails the test. */
function isSignalingRequest(bytes: Buffer): boolean {
  try {
    readRequest(readCall(bytes));
    return true;
  } catch (error) {
    if (error instanceof SignalingError) return false;
    throw error;
  }
}

/** Any exception other than a WireError fails the test. */
function isBatch(bytes: Buffer): boolean {
  try {
    readHead(bytes);
    readFrames(bytes, { handler: IGNORES_FRAMES, streams: new Streams(256 * 1024) });
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

test('the corpus has valid and invalid batches of links', () => {
  const batches = files.filter((file) => file.startsWith('link/'));
  expect(new Set(batches.map((file) => isBatch(read(file))))).toEqual(new Set([true, false]));
});

test('the corpus has valid and invalid requests of signaling-server', () => {
  const requests = files.filter((file) => file.startsWith('signaling/'));
  expect(new Set(requests.map((file) => isSignalingRequest(read(file))))).toEqual(
    new Set([true, false]),
  );
});

test('the corpus has valid and invalid commands in both formats', () => {
  const outcomes = (folder: string, binary: boolean) =>
    new Set(
      files.filter((file) => file.startsWith(folder)).map((file) => isCommand(read(file), binary)),
    );
  expect(outcomes('cbor/', true)).toEqual(new Set([true, false]));
  expect(outcomes('json/', false)).toEqual(new Set([true, false]));
});

test('no comment contains the stack of an error, which has paths of the machine', () => {
  const comments = files.map((file) => /^#.*/.exec(readFileSync(corpus + file, 'utf8'))?.[0] ?? '');
  expect(comments.filter((comment) => /file:| at \S+ \(/.test(comment))).toEqual([]);
});

test.each(files)('%s', (file) => {
  const bytes = read(file);
  isCommand(bytes, true);
  isCommand(bytes, false);
  isSignalingRequest(bytes);
  isBatch(bytes);
  route(bytes.toString('latin1'));
  route(bytes.toString('utf8'));
});
