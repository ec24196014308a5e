import { describe, expect, test } from 'vitest';
import { End } from '../../../src/client/exactly-once/end.js';
import {
  type Frame,
  type Greeting,
  type Message,
  readFrame,
  writeAck,
  writeGreeting,
  writeMessage,
  writePing,
} from '../../../src/client/exactly-once/envelope.js';
import { SendLog } from '../../../src/client/exactly-once/send-log.js';

const ME = 100;
const OTHER = 200;

const text = (words: string): Message => ({ kind: 'text', body: new TextEncoder().encode(words) });
const words = ({ body }: Message): string => new TextDecoder().decode(body);

/** An end whose other side is the test. */
function openEnd({ limit = 1_000_000 } = {}) {
  const log = new SendLog(limit);
  const queue = log.openQueue();
  const sent: Frame[] = [];
  const delivered: string[] = [];
  const gaps: number[] = [];
  let restarts = 0;
  let wishes = 0;
  let rests = 0;
  const end = new End(ME, queue, {
    send: (frame) => void sent.push(readFrame(frame) as Frame),
    deliver: (message) => void delivered.push(words(message)),
    gap: (count) => void gaps.push(count),
    restarted: () => void restarts++,
    greeted: () => {},
    acknowledgeLater: () => void wishes++,
    rest: () => void rests++,
  });
  const say = (message: Message): void => {
    log.add(message, [queue]);
    end.transmit(message);
  };
  const greet = (fields: Partial<Greeting>): void => {
    const nothing = { ask: 0, had: 0, answer: 0, origin: 0, next: 0, player: 0 };
    end.receive(writeGreeting({ from: OTHER, to: ME, ...nothing, ...fields }));
  };
  const asked = (): number => {
    const greetings = sent.filter((frame) => frame.is === 'greeting');
    return greetings.at(-1)?.greeting.ask ?? 0;
  };
  const counts = () => ({ restarts, wishes, rests });
  return { end, log, queue, sent, delivered, gaps, say, greet, asked, counts };
}

/** An end that has been greeted, and whose question is answered. */
function openPair(options = {}) {
  const pair = openEnd(options);
  pair.greet({ ask: 1 });
  pair.greet({ answer: pair.asked(), next: 1 });
  return pair;
}

describe('an end', () => {
  test('sends nothing before it is asked, and everything then', () => {
    const { say, greet, sent } = openEnd();
    say(text('a'));
    say(text('b'));
    expect(sent).toEqual([]);
    greet({ ask: 5 });
    expect(sent).toMatchObject([
      { is: 'greeting', greeting: { from: ME, to: OTHER, answer: 5, next: 1 } },
      { is: 'message', message: text('a') },
      { is: 'message', message: text('b') },
    ]);
  });

  test('takes nothing before its latest question is answered', () => {
    const { end, greet, asked, delivered } = openEnd();
    end.greet();
    const first = asked();
    end.lineLost();
    end.greet();
    end.receive(writeMessage(text('on the old line')));
    greet({ answer: first, next: 1 });
    end.receive(writeMessage(text('for the old question')));
    greet({ answer: asked(), next: 1 });
    end.receive(writeMessage(text('once')));
    expect(delivered).toEqual(['once']);
  });

  test('drops what it has had, and tells what will never come', () => {
    const { end, greet, asked, delivered, gaps } = openPair();
    for (const each of ['1', '2', '3']) end.receive(writeMessage(text(each)));
    end.lineLost();
    end.greet();
    greet({ answer: asked(), origin: 2, next: 3 });
    for (const each of ['3', '4']) end.receive(writeMessage(text(each)));
    end.lineLost();
    end.greet();
    greet({ answer: asked(), origin: 4, next: 7 });
    end.receive(writeMessage(text('7')));
    expect(delivered).toEqual(['1', '2', '3', '4', '7']);
    expect(gaps).toEqual([2]);
  });

  test('asks back over a new line of the other end, and only then', () => {
    const { greet, sent, asked } = openPair();
    const before = sent.length;
    greet({ ask: 2 });
    expect(sent.slice(before)).toMatchObject([{ greeting: { answer: 2, ask: 3 } }]);
    greet({ ask: 3, answer: asked(), next: 1 });
    expect(sent.slice(before + 1)).toMatchObject([{ greeting: { answer: 3, ask: 0 } }]);
  });

  test('lets what is acknowledged go, and believes no other number', () => {
    const { end, say, queue, log } = openPair();
    for (const each of ['1', '2', '3']) say(text(each));
    end.receive(writeAck(4));
    expect(queue.acked).toBe(0);
    end.receive(writeAck(2));
    end.receive(writeAck(1));
    expect([...queue.kept()].map(words)).toEqual(['3']);
    end.receive(writeMessage(text('with an acknowledgement'), 3));
    expect(log.bytes).toBe(0);
  });

  test('believes no acknowledgement while it waits for an answer', () => {
    // It may count what an earlier page of this end has sent.
    const { end, say, greet, queue } = openEnd();
    say(text('1'));
    greet({ ask: 1, answer: 77 });
    end.receive(writeAck(1));
    expect(queue.acked).toBe(0);
  });

  test('acknowledges what comes after a time without a line', () => {
    const { end, greet, asked, sent, counts } = openPair();
    end.receive(writeMessage(text('1')));
    end.lineLost();
    // What was wished for comes to nothing: there is no line.
    end.acknowledge();
    end.greet();
    greet({ ask: 2, answer: asked(), next: 2 });
    end.receive(writeMessage(text('2')));
    expect(counts().wishes).toBe(2);
    end.acknowledge();
    expect(sent.at(-1)).toEqual({ is: 'ack', ack: 2 });
  });

  test('acknowledges with the next message, alone when asked, at once if it is much', () => {
    const { end, say, sent, counts } = openPair();
    end.receive(writeMessage(text('1')));
    end.receive(writeMessage(text('2')));
    expect(counts().wishes).toBe(1);
    say(text('a'));
    expect(sent.at(-1)).toMatchObject({ is: 'message', ack: 2 });
    end.acknowledge();
    expect(sent.at(-1)).toMatchObject({ is: 'message' });
    end.receive(writePing());
    expect(sent.at(-1)).toEqual({ is: 'ack', ack: 2 });
    for (let count = 0; count < 64; count++) end.receive(writeMessage(text('')));
    expect(sent.at(-1)).toEqual({ is: 'ack', ack: 66 });
  });

  test('counts as no gap what an earlier page had, though a new page has to ask twice', () => {
    const { end, say, greet, sent } = openPair();
    for (const each of ['1', '2', '3']) say(text(each));
    end.receive(writeAck(2));
    greet({ from: 300, to: 0, ask: 1 });
    // The answer was lost with the line, but not all that has told the page whom it talks to.
    greet({ from: 300, to: ME, ask: 2, had: 0 });
    expect(sent.slice(-2)).toMatchObject([
      { greeting: { to: 300, answer: 2, origin: 2, next: 3 } },
      { message: text('3') },
    ]);
  });

  test('gives a new page of the other end what the old one has not acknowledged', () => {
    const { end, say, greet, sent, counts } = openPair();
    for (const each of ['1', '2', '3']) say(text(each));
    end.receive(writeAck(1));
    greet({ from: 300, to: 0, ask: 1 });
    expect(counts().restarts).toBe(1);
    expect(sent.slice(-3)).toMatchObject([
      { greeting: { to: 300, origin: 1, next: 2 } },
      { message: text('2') },
      { message: text('3') },
    ]);
  });

  test('rests after it has sent much again, and answers the latest question then', () => {
    const { end, say, greet, sent, counts } = openPair();
    say(text('x'.repeat(70_000)));
    greet({ ask: 2 });
    expect(counts().rests).toBe(1);
    const before = sent.length;
    // Whoever asks may call itself anything.
    for (let ask = 3; ask < 100; ask++) greet({ from: OTHER + (ask % 3), ask });
    say(text('meanwhile'));
    expect(sent).toHaveLength(before);
    end.rested();
    expect(sent.slice(before)).toMatchObject([
      { greeting: { answer: 99, next: 1 } },
      { is: 'message' },
      { message: text('meanwhile') },
    ]);
    expect(counts().rests).toBe(2);
    end.rested();
    expect(sent).toHaveLength(before + 3);
  });

  test('sends what is little again at once', () => {
    const { say, greet, sent } = openPair();
    say(text('x'.repeat(1_000)));
    const before = sent.length;
    for (let ask = 2; ask < 12; ask++) greet({ ask });
    expect(sent).toHaveLength(before + 20);
  });

  test('starts anew with an end that speaks without envelopes', () => {
    const { end, sent, delivered } = openPair();
    end.receive(new TextEncoder().encode('plain'));
    expect(sent.at(-1)).toMatchObject({ is: 'greeting', greeting: { answer: 0 } });
    const before = sent.length;
    end.receive(new TextEncoder().encode('plain'));
    expect(sent).toHaveLength(before);
    expect(delivered).toEqual([]);
  });
});

describe('a log', () => {
  test('keeps what fits, and counts what does not', () => {
    const { end, say, greet, asked, sent, gaps } = openPair({ limit: 300 });
    end.lineLost();
    for (let number = 1; number <= 10; number++) say(text(String(number)));
    greet({ ask: 9 });
    const answer = sent.find((frame) => frame.is === 'greeting' && frame.greeting.answer === 9);
    expect(answer).toMatchObject({ greeting: { origin: 0, next: 7 } });
    expect(sent.slice(-4).map((frame) => frame.is === 'message' && words(frame.message))).toEqual([
      '7',
      '8',
      '9',
      '10',
    ]);
    greet({ answer: asked(), next: 1 });
    expect(gaps).toEqual([]);
  });

  test('keeps a message to many once, until the last of them has had it', () => {
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

  test('holds no message that is larger than it', () => {
    const log = new SendLog(100);
    const queue = log.openQueue();
    log.add(text('x'.repeat(1_000)), [queue]);
    expect([log.bytes, queue.last, queue.next]).toEqual([0, 1, 2]);
  });
});
