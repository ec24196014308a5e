import { expect, test } from 'vitest';
import { readFrame, writeGreeting, writeTime } from '../../../../src/client/session/envelope.js';
import { ReliableSession } from '../../../../src/client/session/reliable-session.js';
import { SendLog } from '../../../../src/client/session/send-log.js';

type Frame = Uint8Array<ArrayBuffer>;
const NONE = Number.NaN;

/** One end, with a clock of its own. It is greeted already. */
class End {
  readonly measured: (readonly [rtt: number, time: number])[] = [];
  readonly sent: Frame[] = [];
  readonly session: ReliableSession;
  now: number;

  constructor(now: number) {
    this.now = now;
    const nothing = (): void => {};
    this.session = new ReliableSession(1, new SendLog(1_000).openQueue(), {
      send: (frame) => void this.sent.push(frame),
      deliver: nothing,
      gap: nothing,
      restarted: nothing,
      greeted: nothing,
      acknowledgeLater: nothing,
      pause: nothing,
      measured: (rtt, time) => void this.measured.push([rtt, time]),
      now: () => this.now,
    });
    this.greet();
  }

  /** The other end has a new connection. */
  greet(): void {
    const nothing = { received: 0, answer: 0, origin: 0, next: 0, player: 0 };
    this.session.receive(writeGreeting({ from: 2, to: 1, question: 1, ...nothing }));
    this.sent.length = 0;
  }

  /** The frames that it has sent, which are removed. */
  take(): Frame[] {
    return this.sent.splice(0);
  }
}

test('both ends measure a round trip by three frames, and the first learns the time of the other', () => {
  const [player, host] = [new End(1_000), new End(50)];
  player.session.roundTrip.measure();
  const [request] = player.take() as [Frame];
  host.now += 10;
  host.session.receive(request);
  const [answer] = host.take() as [Frame];
  player.now += 30;
  player.session.receive(answer);
  const [echo] = player.take() as [Frame];
  host.now += 25;
  host.session.receive(echo);
  expect([player.measured, host.measured]).toEqual([[[30, 60]], [[25, NONE]]]);
  expect([player.take(), host.take()]).toEqual([[], []]);
  expect([request, answer, echo].map((frame) => readFrame(frame))).toEqual([
    { is: 'time', time: 1_000, echo: NONE },
    { is: 'time', time: 60, echo: 1_000 },
    { is: 'time', time: NONE, echo: 60 },
  ]);
});

test('an echo counts once, and only if it is the latest', () => {
  const { session, measured } = new End(1_000);
  session.roundTrip.measure();
  for (const echo of [999, NONE, 1_000, 1_000]) session.receive(writeTime({ time: NONE, echo }));
  expect(measured).toEqual([[0, NONE]]);
});

test('an echo does not count on a new connection of either end', () => {
  const end = new End(1_000);
  const echo = writeTime({ time: NONE, echo: 1_000 });
  end.session.roundTrip.measure();
  end.session.connectionLost();
  end.greet();
  end.session.receive(echo);
  end.session.roundTrip.measure();
  end.greet();
  end.session.receive(echo);
  expect(end.measured).toEqual([]);
});

test('time frames are answered at a limited rate', () => {
  const end = new End(1_000);
  for (let time = 0; time < 10_000; time++) end.session.receive(writeTime({ time, echo: NONE }));
  expect(end.take().length).toBeLessThanOrEqual(40);
});

test('an end that has not answered the question of the other does not answer', () => {
  const end = new End(1_000);
  end.session.connectionLost();
  end.session.receive(writeTime({ time: 1, echo: NONE }));
  expect(end.take()).toEqual([]);
});
