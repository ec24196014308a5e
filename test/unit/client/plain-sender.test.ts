import { expect, test } from 'vitest';
import { toMessage } from '../../../src/client/message.js';
import { PlainSender } from '../../../src/client/plain-sender.js';
import type { Command } from '../../../src/client/room-commands.js';

/** What is sent of these messages after they have waited for a line. */
function sentOf(limit: number, texts: readonly string[]): unknown[] {
  const commands: Command[] = [];
  const sender = new PlainSender(limit, (command) => commands.push(command));
  for (const text of texts) sender.send([1], toMessage(text));
  sender.resume();
  return commands.map(({ data }) => data);
}

test('messages wait for a line, and past the limit the oldest goes', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => text.repeat(100)) as [string, string, string];
  expect(sentOf(1_000, [a, b, c])).toEqual([a, b, c]);
  expect(sentOf(400, [a, b, c])).toEqual([b, c]);
});

test('not even empty messages wait without a bound', () => {
  expect(sentOf(6_400, Array(10_000).fill(''))).toHaveLength(100);
});

test('one message that is too large does not push out those that wait', () => {
  expect(sentOf(1_000, ['before', 'x'.repeat(1_000), 'after'])).toEqual(['before', 'after']);
});
