import { expect, test } from 'vitest';
import { HostAudience } from '../../../../src/client/host/host-audience.js';

function open() {
  const [commands, shown, tallies]: [object[], object[], object[]] = [[], [], []];
  const audience = new HostAudience({
    send: (command) => commands.push(command),
    show: (choices) => shown.push(choices),
    counted: () => {},
    tally: (counts) => tallies.push(Object.fromEntries(counts)),
  });
  const tally = (...counts: number[]) => audience.receive({ cmd: 'tally', counts });
  return { audience, commands, shown, tallies, tally };
}

test('a tally of the poll before is not one of the new poll', () => {
  const { audience, tally, tallies } = open();
  audience.poll(['A', 'B']);
  for (const counts of [
    [0, 0],
    [1, 0],
  ]) {
    tally(...counts);
  }
  audience.poll(['C', 'D']);
  for (const counts of [
    [2, 0],
    [0, 0],
    [3, 0],
  ]) {
    tally(...counts);
  }
  expect(tallies).toEqual([
    { A: 0, B: 0 },
    { A: 1, B: 0 },
    { C: 0, D: 0 },
    { C: 3, D: 0 },
  ]);
});

test('the end of a poll has its last tally', () => {
  const { audience, tally, tallies, shown } = open();
  audience.poll(['A']);
  tally(0);
  audience.endPoll();
  tally(5);
  expect([tallies, shown]).toEqual([
    [{ A: 0 }, { A: 5 }],
    [['A'], []],
  ]);
});

test('a poll is repeated on a new connection only if it was not answered', () => {
  const { audience, tally, commands } = open();
  audience.repeat();
  audience.poll(['A']);
  audience.repeat();
  expect(commands).toHaveLength(2);
  tally(0);
  audience.repeat();
  expect(commands).toHaveLength(2);
  audience.endPoll();
  audience.repeat();
  expect(commands.slice(2)).toEqual([
    { cmd: 'poll', choices: [] },
    { cmd: 'poll', choices: [] },
  ]);
});

test('a tally of a poll that this page does not know is ignored, and so are other events', () => {
  const { audience, tally, tallies } = open();
  expect([tally(1, 2), audience.receive({ cmd: 'state' })]).toEqual([true, false]);
  audience.receive({ cmd: 'audience', count: 3 });
  expect([tallies, audience.count]).toEqual([[], 3]);
});
