import { afterEach, beforeEach, expect, test } from 'vitest';
import { onStopSignals } from '../../../src/cli/stop-signals.js';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

let time: number;
let events: (string | number)[];
let before: Map<NodeJS.Signals, NodeJS.SignalsListener[]>;

beforeEach(() => {
  time = 0;
  events = [];
  before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  onStopSignals(
    (signal) => void events.push(signal),
    (exitCode) => void events.push(exitCode),
    () => time,
  );
});

afterEach(() => {
  for (const [signal, listeners] of before) {
    process.removeAllListeners(signal);
    for (const listener of listeners) process.on(signal, listener);
  }
});

function receive(signal: NodeJS.Signals, at: number): void {
  time = at;
  process.emit(signal, signal);
}

test.each(SIGNALS)('%s repeated within a second counts once', (signal) => {
  for (const at of [0, 1, 500, 1000]) receive(signal, at);
  expect(events).toEqual([signal]);
});

test('another signal within that second does not count', () => {
  receive('SIGINT', 0);
  receive('SIGTERM', 3);
  receive('SIGHUP', 1000);
  expect(events).toEqual(['SIGINT']);
});

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s after that second stops at once, whatever came before', (signal, exitCode) => {
  receive('SIGTERM', 0);
  receive('SIGINT', 900);
  receive(signal, 1001);
  expect(events).toEqual(['SIGTERM', exitCode]);
});
