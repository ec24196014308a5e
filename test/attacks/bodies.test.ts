import { expect } from 'vitest';
import { arena, WAIT_FAILS } from './arena.js';
import { answersTo, KIB } from './attackers.js';

const attack = arena([], { oldSpace: 256, mostToWait: WAIT_FAILS });

const CONNECTIONS = 200;

const HEAD = 'HTTP/1.1\r\nHost: x\r\n';
const CHUNKED = `POST /health ${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const CHUNKS = '1\r\nx\r\n'.repeat((64 * KIB) / 6);

/** How many connections got this answer. Others were closed because there were too many. */
function countOf(answers: readonly string[], status: number): number {
  return answers.filter((answer) => answer.startsWith(`HTTP/1.1 ${status} `)).length;
}

attack('200 POSTs with 64 KiB of one-byte chunks after them', async ({ relay }) => {
  const answers = await answersTo(relay, CONNECTIONS, CHUNKED + CHUNKS);
  expect(countOf(answers, 405) + countOf(answers, 429)).toBe(CONNECTIONS);
});

attack('200 POSTs whose chunks arrive later', async ({ relay }) => {
  const answers = await answersTo(relay, CONNECTIONS, CHUNKED, CHUNKS, CHUNKS);
  expect(countOf(answers, 405) + countOf(answers, 429)).toBeGreaterThan(0);
});

attack('200 GETs with chunks that have extensions', async ({ relay }) => {
  const get = `GET /health ${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
  const answers = await answersTo(relay, CONNECTIONS, get + '1;a=b\r\nx\r\n'.repeat(6 * KIB));
  expect(countOf(answers, 200) + countOf(answers, 429)).toBe(CONNECTIONS);
});

attack('200 POSTs with 64 KiB of trailers', async ({ relay }) => {
  const answers = await answersTo(
    relay,
    CONNECTIONS,
    `${CHUNKED}0\r\n${'a:b\r\n'.repeat(12 * KIB)}\r\n`,
  );
  expect(countOf(answers, 405) + countOf(answers, 429)).toBe(CONNECTIONS);
});

attack(
  '200 connections with 64 KiB of requests each, before any is answered',
  async ({ relay }) => {
    await answersTo(relay, CONNECTIONS, `GET / ${HEAD}\r\n`.repeat((64 * KIB) / 28));
  },
);

attack('200 connections with as many short headers as fit', async ({ relay }) => {
  const headers = Array.from({ length: 1900 }, (_, i) => `a:${i % 10}\r\n`).join('');
  const request = `GET / ${HEAD}${headers.slice(0, 7875)}Connection: close\r\n\r\n`;
  const answers = await answersTo(relay, CONNECTIONS, request);
  expect(countOf(answers, 200) + countOf(answers, 429)).toBe(CONNECTIONS);
});
