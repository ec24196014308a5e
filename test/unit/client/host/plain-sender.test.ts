import { expect, test } from 'vitest';
import { PlainSender } from '../../../../src/client/host/plain-sender.js';
import type { Command } from '../../../../src/client/host/room-commands.js';
import { toMessage } from '../../../../src/client/session/message.js';

/** Sends messages while the host is disconnected. Returns those that are sent after that, and the lost ones. */
function sendWhilePaused(limit: number, texts: readonly string[]) {
  const commands: Command[] = [];
  const lost: number[] = [];
  const sender = new PlainSender(
    limit,
    (command) => commands.push(command),
    (id) => lost.push(id),
  );
  for (const text of texts) sender.send([1, 2], toMessage(text));
  sender.resume();
  return { sent: commands.map(({ data }) => data), lost };
}

test('messages are buffered while disconnected; above the limit, the oldest is dropped and reported', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => text.repeat(100)) as [string, string, string];
  expect(sendWhilePaused(1_000, [a, b, c])).toEqual({ sent: [a, b, c], lost: [] });
  expect(sendWhilePaused(400, [a, b, c])).toEqual({ sent: [b, c], lost: [1, 2] });
});

test('empty messages count against the limit', () => {
  const { sent, lost } = sendWhilePaused(6_400, Array(10_000).fill(''));
  expect([sent.length, lost.length]).toEqual([100, 2 * 9_900]);
});

test('one message above the limit is buffered in addition, and displaces no other', () => {
  const texts = ['before', 'x'.repeat(1_000), 'after'];
  expect(sendWhilePaused(1_000, texts)).toEqual({ sent: texts, lost: [] });
  const more = sendWhilePaused(1_000, [...texts, 'y'.repeat(1_000)]);
  expect(more).toEqual({ sent: ['after', 'y'.repeat(1_000)], lost: [1, 2, 1, 2] });
});
