import { describe, expect, test } from 'vitest';
import {
  type Frame,
  type Greeting,
  type Message,
  readFrame,
  writeAck,
  writeGreeting,
  writeMessage,
  writePing,
} from '../../../../src/client/session/envelope.js';
import { ReliableSession } from '../../../../src/client/session/reliable-session.js';
import { SendLog } from '../../../../src/client/session/send-log.js';

const SELF = 100;
const PEER = 200;

const text = (value: string): Message => ({ kind: 'text', body: new TextEncoder().encode(value) });
const textOf = ({ body }: Message): string => new TextDecoder().decode(body);

/** A session whose other end is the test. */
function openSession({ limit = 1_000_000, mostBytes = 0 } = {}) {
  const log = new SendLog(limit);
  const queue = log.openQueue();
  const sent: Frame[] = [];
  const delivered: string[] = [];
  const gaps: number[] = [];
  const lost: number[] = [];
  const limits: number[] = [];
  const time = { now: 0 };
  let restarts = 0;
  let requests = 0;
  let pauses = 0;
  const session = new ReliableSession(SELF, queue, {
    send: (frame) => void sent.push(readFrame(frame) as Frame),
    deliver: (message) => void delivered.push(textOf(message)),
    gap: (count) => void gaps.push(count),
    restarted: () => void restarts++,
    greeted: () => {},
    acknowledgeLater: () => void requests++,
    pause: () => void pauses++,
    lost: (count) => void lost.push(count),
    notice: ({ next }) => void limits.push(next),
    maxBytes: () => mostBytes,
    now: () => time.now,
  });
  const send = (message: Message): void => {
    log.add(message, [queue]);
    session.transmit(message);
  };
  const greet = (fields: Partial<Greeting>): void => {
    const nothing = { question: 0, received: 0, answer: 0, origin: 0, next: 0, player: 0 };
    session.receive(writeGreeting({ from: PEER, to: SELF, ...nothing, ...fields }));
  };
  const lastQuestion = (): number => {
    const greetings = sent.filter((frame) => frame.is === 'greeting');
    return greetings.at(-1)?.greeting.question ?? 0;
  };
  const counts = () => ({ restarts, requests, pauses });
  return {
    session,
    log,
    queue,
    sent,
    delivered,
    gaps,
    lost,
    limits,
    time,
    send,
    greet,
    lastQuestion,
    counts,
  };
}

/** A session that has been greeted, and whose question has been answered. */
function openPair(options = {}) {
  const pair = openSession(options);
  pair.greet({ question: 1 });
  pair.greet({ answer: pair.lastQuestion(), next: 1 });
  return pair;
}

describe('a session', () => {
  test('sends nothing before the first question, and then everything', () => {
    const { send, greet, sent } = openSession();
    send(text('a'));
    send(text('b'));
    expect(sent).toEqual([]);
    greet({ question: 5 });
    expect(sent).toMatchObject([
      { is: 'greeting', greeting: { from: SELF, to: PEER, answer: 5, next: 1 } },
      { is: 'message', message: text('a') },
      { is: 'message', message: text('b') },
    ]);
  });

  test('drops messages before the answer to its latest question', () => {
    const { session, greet, lastQuestion, delivered } = openSession();
    session.greet();
    const first = lastQuestion();
    session.connectionLost();
    session.greet();
    session.receive(writeMessage(text('on the old connection')));
    greet({ answer: first, next: 1 });
    session.receive(writeMessage(text('for the old question')));
    greet({ answer: lastQuestion(), next: 1 });
    session.receive(writeMessage(text('once')));
    expect(delivered).toEqual(['once']);
  });

  test('drops duplicates, and reports gaps', () => {
    const { session, greet, lastQuestion, delivered, gaps } = openPair();
    for (const each of ['1', '2', '3']) session.receive(writeMessage(text(each)));
    session.connectionLost();
    session.greet();
    greet({ answer: lastQuestion(), origin: 2, next: 3 });
    for (const each of ['3', '4']) session.receive(writeMessage(text(each)));
    session.connectionLost();
    session.greet();
    greet({ answer: lastQuestion(), origin: 4, next: 7 });
    session.receive(writeMessage(text('7')));
    expect(delivered).toEqual(['1', '2', '3', '4', '7']);
    expect(gaps).toEqual([2]);
  });

  test('asks in return only if the other end has a new connection', () => {
    const { greet, sent, lastQuestion } = openPair();
    const before = sent.length;
    greet({ question: 2 });
    expect(sent.slice(before)).toMatchObject([{ greeting: { answer: 2, question: 3 } }]);
    greet({ question: 3, answer: lastQuestion(), next: 1 });
    expect(sent.slice(before + 1)).toMatchObject([{ greeting: { answer: 3, question: 0 } }]);
  });

  test('drops acknowledged messages, and ignores invalid acknowledgements', () => {
    const { session, send, queue, log } = openPair();
    for (const each of ['1', '2', '3']) send(text(each));
    session.receive(writeAck(4));
    expect(queue.acked).toBe(0);
    session.receive(writeAck(2));
    session.receive(writeAck(1));
    expect([...queue.messages()].map(textOf)).toEqual(['3']);
    session.receive(writeMessage(text('with an acknowledgement'), 3));
    expect(log.bytes).toBe(0);
  });

  test('ignores acknowledgements while it waits for an answer', () => {
    // They may count messages of an earlier page of this end.
    const { session, send, greet, queue } = openSession();
    send(text('1'));
    greet({ question: 1, answer: 77 });
    session.receive(writeAck(1));
    expect(queue.acked).toBe(0);
  });

  test('acknowledges messages after it was disconnected', () => {
    const { session, greet, lastQuestion, sent, counts } = openPair();
    session.receive(writeMessage(text('1')));
    session.connectionLost();
    // The requested acknowledgement is not sent, because there is no connection.
    session.acknowledge();
    session.greet();
    greet({ question: 2, answer: lastQuestion(), next: 2 });
    session.receive(writeMessage(text('2')));
    expect(counts().requests).toBe(2);
    session.acknowledge();
    expect(sent.at(-1)).toEqual({ is: 'ack', ack: 2 });
  });

  test('acknowledges with the next message, alone on a ping, and at once after many messages', () => {
    const { session, send, sent, counts } = openPair();
    session.receive(writeMessage(text('1')));
    session.receive(writeMessage(text('2')));
    expect(counts().requests).toBe(1);
    send(text('a'));
    expect(sent.at(-1)).toMatchObject({ is: 'message', ack: 2 });
    session.acknowledge();
    expect(sent.at(-1)).toMatchObject({ is: 'message' });
    session.receive(writePing());
    expect(sent.at(-1)).toEqual({ is: 'ack', ack: 2 });
    for (let count = 0; count < 64; count++) session.receive(writeMessage(text('')));
    expect(sent.at(-1)).toEqual({ is: 'ack', ack: 66 });
  });

  test('does not count messages of an earlier page as a gap, even if the new page asks twice', () => {
    const { session, send, greet, sent } = openPair();
    for (const each of ['1', '2', '3']) send(text(each));
    session.receive(writeAck(2));
    greet({ from: 300, to: 0, question: 1 });
    // The answer was lost with the connection, but the page knows the mark of the other end.
    greet({ from: 300, to: SELF, question: 2, received: 0 });
    expect(sent.slice(-2)).toMatchObject([
      { greeting: { to: 300, answer: 2, origin: 2, next: 3 } },
      { message: text('3') },
    ]);
  });

  test('sends a new page of the other end the messages that the old page has not acknowledged', () => {
    const { session, send, greet, sent, counts } = openPair();
    for (const each of ['1', '2', '3']) send(text(each));
    session.receive(writeAck(1));
    greet({ from: 300, to: 0, question: 1 });
    expect(counts().restarts).toBe(1);
    expect(sent.slice(-3)).toMatchObject([
      { greeting: { to: 300, origin: 1, next: 2 } },
      { message: text('2') },
      { message: text('3') },
    ]);
  });

  test('pauses after a large retransmission, and then answers the latest question', () => {
    const { session, send, greet, sent, counts } = openPair();
    send(text('x'.repeat(140_000)));
    greet({ question: 2 });
    const before = sent.length;
    for (let question = 3; question < 20; question++) greet({ question });
    send(text('meanwhile'));
    expect(counts().pauses).toBe(1);
    expect(sent).toHaveLength(before);
    session.pauseEnded();
    expect(sent.slice(before)).toMatchObject([
      { greeting: { answer: 19, next: 1 } },
      { is: 'message' },
    ]);
    session.pauseEnded();
    expect(sent.at(-1)).toMatchObject({ message: text('meanwhile') });
  });

  test('retransmits only as fast as it gets acknowledgements, and sends new messages after that', () => {
    const { session, send, greet, lastQuestion, sent } = openPair();
    const numbers = Array.from({ length: 90 }, (_, n) => n + 1);
    for (const n of numbers) send(text(`${n} ${'x'.repeat(10_000)}`));
    const before = sent.length;
    const again = (): Frame[] => sent.slice(before).filter((frame) => frame.is === 'message');
    greet({ question: 2 });
    greet({ answer: lastQuestion(), next: 1 });
    expect(again()).toHaveLength(14);
    send(text('new'));
    expect(again()).toHaveLength(14);
    for (let acked = 7; acked <= 90; acked += 7) session.receive(writeAck(acked));
    expect(again().map((frame) => frame.is === 'message' && textOf(frame.message))).toEqual([
      ...numbers.map((n) => `${n} ${'x'.repeat(10_000)}`),
      'new',
    ]);
    send(text('at once'));
    expect(sent.at(-1)).toMatchObject({ message: text('at once') });
  });

  test('limits the retransmission to an end that asks without end', () => {
    const { session, send, greet, sent, time, counts } = openPair();
    for (let count = 0; count < 90; count++) send(text('x'.repeat(10_000)));
    const before = sent.length;
    for (let second = 0; second < 60; second++) {
      for (let question = 0; question < 10; question++)
        greet({ question: second * 10 + question + 2 });
      time.now += 1_000;
      if (counts().pauses > 0) session.pauseEnded();
    }
    const bytes = sent
      .slice(before)
      .reduce((sum, frame) => sum + (frame.is === 'message' ? frame.message.body.length : 0), 0);
    expect(bytes).toBeLessThan(62 * 140_000);
    expect(bytes).toBeGreaterThan(140_000);
  });

  test('accepts a few new pages at once, and further ones later', () => {
    const { session, greet, time, counts, sent } = openPair();
    for (let round = 0; round < 10_000; round++) greet({ from: 300 + round, question: round + 1 });
    expect(counts()).toMatchObject({ restarts: 4, pauses: 1 });
    expect(sent.length).toBeLessThan(50);
    const before = sent.length;
    time.now += 10_000;
    session.pauseEnded();
    // It asks, so that the current page sends a greeting again.
    expect(sent.slice(before)).toMatchObject([{ is: 'greeting', greeting: { answer: 0 } }]);
    greet({ from: 77, question: 5 });
    expect(counts().restarts).toBe(5);
    expect(sent.at(-1)).toMatchObject({ greeting: { to: 77, answer: 5 } });
  });

  test('drops the messages of an end that has sent too many greetings, and asks again', () => {
    const { session, greet, lastQuestion, time, delivered } = openPair();
    for (let question = 2; question < 100; question++) greet({ question });
    session.receive(writeMessage(text('dropped')));
    time.now += 10_000;
    session.pauseEnded();
    session.receive(writeMessage(text('dropped, too')));
    greet({ question: 100, answer: lastQuestion(), next: 1 });
    session.receive(writeMessage(text('delivered')));
    expect(delivered).toEqual(['delivered']);
  });

  test('answers pings at a limited rate', () => {
    const { session, sent, time } = openPair();
    const acks = (): number => sent.filter(({ is }) => is === 'ack').length;
    for (let count = 0; count < 10_000; count++) session.receive(writePing());
    expect(acks()).toBeLessThanOrEqual(40);
    time.now += 1_000;
    const before = acks();
    for (let count = 0; count < 10_000; count++) session.receive(writePing());
    expect(acks() - before).toBe(4);
  });

  test('asks again if the next message to retransmit has been dropped', () => {
    const { session, send, greet, lastQuestion, sent, lost } = openPair({ limit: 300_000 });
    for (let count = 0; count < 29; count++) send(text('x'.repeat(10_000)));
    greet({ question: 2 });
    greet({ answer: lastQuestion(), next: 1 });
    // All messages are dropped when only half of them have been retransmitted.
    send(text('y'.repeat(299_000)));
    const before = sent.length;
    session.pauseEnded();
    expect(sent.slice(before)).toMatchObject([{ greeting: { answer: 0 } }]);
    greet({ question: 3, answer: lastQuestion(), next: 1, received: 14 });
    expect(sent.slice(before + 1)).toMatchObject([
      { greeting: { answer: 3, origin: 14, next: 30 } },
      { message: { body: { length: 299_000 } } },
    ]);
    expect(lost).toEqual([15]);
  });

  test('reports once how many messages the other end has missed', () => {
    const { session, send, greet, lost } = openPair({ limit: 300 });
    session.connectionLost();
    for (let number = 1; number <= 10; number++) send(text(String(number)));
    greet({ question: 2, received: 2 });
    greet({ question: 3, received: 2 });
    expect(lost).toEqual([4]);
  });

  test('sends a notice on request and once unasked, before its answer, and reports a received one', () => {
    const { greet, sent, limits, delivered } = openSession({ mostBytes: 4_000_000 });
    const notice = { to: PEER, question: 0, answer: 0, next: 4_000_000, origin: 1 };
    greet({ question: 4 });
    expect(sent.splice(0)).toMatchObject([{ greeting: notice }, { greeting: { answer: 4 } }]);
    greet({ question: 5 });
    expect(sent.splice(0)).toMatchObject([{ greeting: { answer: 5 } }]);
    greet({ question: 6, next: 1 });
    expect(sent).toMatchObject([{ greeting: notice }, { greeting: { to: PEER, answer: 6 } }]);
    greet({ next: 1_000 });
    expect([limits, delivered]).toEqual([[1_000], []]);
  });

  test.each<[string, Partial<Greeting>]>([
    ['a number far ahead', { next: 0xffff_ffff }],
    ['number 0', { next: 0 }],
    ['an origin far ahead', { origin: 0xffff_ffff, next: 1 }],
    [
      'an acknowledgement of messages that were never sent',
      { question: 9, received: 0xffff_ffff, next: 1 },
    ],
  ])('ignores %s', (_name, fields) => {
    const { session, send, greet, lastQuestion, queue, log } = openSession();
    send(text('kept'));
    greet({ question: 1 });
    greet({ answer: lastQuestion(), ...fields });
    expect([queue.last, queue.next, log.bytes > 0]).toEqual([1, 1, true]);
    for (const ack of [2, 0xffff_ffff]) session.receive(writeAck(ack));
    expect(log.bytes).toBeGreaterThan(0);
    session.receive(writeMessage(text('x')));
  });

  test('retransmits small messages at once', () => {
    const { send, greet, sent } = openPair();
    send(text('x'.repeat(1_000)));
    const before = sent.length;
    for (let question = 2; question < 12; question++) greet({ question });
    expect(sent).toHaveLength(before + 20);
  });

  test('starts again with an end that sends unwrapped messages', () => {
    const { session, sent, delivered } = openPair();
    session.receive(new TextEncoder().encode('plain'));
    expect(sent.at(-1)).toMatchObject({ is: 'greeting', greeting: { answer: 0 } });
    const before = sent.length;
    session.receive(new TextEncoder().encode('plain'));
    expect(sent).toHaveLength(before);
    expect(delivered).toEqual([]);
  });
});

describe('a send log', () => {
  test('drops the oldest messages if not all of them fit, and answers with the next number', () => {
    const { session, send, greet, lastQuestion, sent, gaps } = openPair({ limit: 300 });
    session.connectionLost();
    for (let number = 1; number <= 10; number++) send(text(String(number)));
    greet({ question: 9 });
    const answer = sent.find((frame) => frame.is === 'greeting' && frame.greeting.answer === 9);
    expect(answer).toMatchObject({ greeting: { origin: 0, next: 7 } });
    expect(sent.slice(-4).map((frame) => frame.is === 'message' && textOf(frame.message))).toEqual([
      '7',
      '8',
      '9',
      '10',
    ]);
    greet({ answer: lastQuestion(), next: 1 });
    expect(gaps).toEqual([]);
  });

  test('stores a broadcast once, until all receivers have acknowledged it', () => {
    const log = new SendLog(1_000);
    const [first, second] = [log.openQueue(), log.openQueue()];
    log.add(text('x'.repeat(100)), [first, second]);
    const { bytes } = log;
    expect(bytes).toBeLessThan(200);
    first.ack(1);
    expect(log.bytes).toBe(bytes);
    log.closeQueue(second);
    expect(log.bytes).toBe(0);
  });

  test('stores one message that is larger than the limit, in addition to the others', () => {
    const log = new SendLog(100);
    const queue = log.openQueue();
    log.add(text('small'), [queue]);
    for (let count = 0; count < 10; count++) log.add(text('x'.repeat(1_000)), [queue]);
    expect([log.bytes, queue.last, queue.next]).toEqual([1_064, 11, 11]);
    log.add(text('small, too'), [queue]);
    expect([...queue.messages()].map(textOf).at(-1)).toBe('small, too');
    expect(queue.next).toBe(11);
  });

  test('drops messages of the receiver that is furthest behind, and of no other', () => {
    const log = new SendLog(10_000);
    const [idle, slow, fast] = [log.openQueue(), log.openQueue(), log.openQueue()];
    log.add(text('for all, first'), [idle, slow, fast]);
    for (let number = 1; number <= 100; number++) {
      log.add(text('x'.repeat(1_000)), [slow, fast]);
      fast.ack(number + 1);
    }
    expect(log.bytes).toBeLessThanOrEqual(10_000);
    expect([...idle.messages()].map(textOf)).toEqual(['for all, first']);
    expect([slow.last, slow.next > 80]).toEqual([101, true]);
  });

  test('accepts any message with a limit of 0', () => {
    const log = new SendLog(0);
    const queue = log.openQueue();
    for (const each of ['1', '2']) log.add(text(each), [queue]);
    expect([...queue.messages()].map(textOf)).toEqual(['2']);
  });
});
