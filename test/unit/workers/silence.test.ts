import { expect, onTestFinished, test } from 'vitest';
import { Silence } from '../../../src/workers/primary/silence.js';

function setUp() {
  const told: string[] = [];
  const silence = new Silence({
    silent: () => told.push('silent'),
    hung: () => told.push('hung'),
  });
  onTestFinished(() => silence.end());
  const look = (times: number): void => {
    for (let time = 0; time < times; time++) silence.look();
  };
  return { told, silence, look };
}

test('a process that was heard responds', () => {
  const { told, silence, look } = setUp();
  for (let second = 0; second < 60; second++) {
    look(2);
    silence.heard();
  }
  expect([told, silence.isSilent]).toEqual([[], false]);
});

test('one that was not for 1.5 s does not, until it is heard again', () => {
  const { told, silence, look } = setUp();
  look(2);
  expect(silence.isSilent).toBe(false);
  look(20);
  expect([told, silence.isSilent]).toEqual([['silent'], true]);
  silence.heard();
  expect(silence.isSilent).toBe(false);
  look(3);
  expect(told).toEqual(['silent', 'silent']);
});

test.each([
  ['30 s', false, 60],
  ['10 s if it is to stop', true, 20],
])('after %s it is not expected to go on', (_, isStopping, looks) => {
  const { told, silence, look } = setUp();
  if (isStopping) silence.stopping();
  look(looks - 1);
  expect(told).toEqual(['silent']);
  look(1);
  expect(told).toEqual(['silent', 'hung']);
});
