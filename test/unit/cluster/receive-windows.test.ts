import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  MAX_LINKS,
  MAX_WINDOW,
  MIN_WINDOW,
  type ReceiveWindow,
  ReceiveWindows,
} from '../../../src/cluster/link/receive-windows.js';

const MIB = 1024 * 1024;

function open(windows: ReceiveWindows): ReceiveWindow {
  const window = windows.open();
  if (window === undefined) throw new Error('too many links');
  return window;
}

test('a link alone may send 4 MiB', () => {
  const window = open(new ReceiveWindows());
  expect(window.granted).toBe(MIN_WINDOW);
  expect(window.refill()).toBe(MAX_WINDOW - MIN_WINDOW);
  expect(window.refill()).toBe(0);
  window.consume(1000);
  expect(window.refill()).toBe(1000);
});

test('all links together may send 24 MiB, and each of them a batch', () => {
  const step = fc.record({
    link: fc.nat({ max: MAX_LINKS - 1 }),
    consumed: fc.double({ min: 0, max: 1, noNaN: true }),
    refills: fc.boolean(),
    closes: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });
  fc.assert(
    fc.property(fc.array(step, { size: 'large', maxLength: 600 }), (steps) => {
      const windows = new ReceiveWindows();
      const links = Array.from({ length: MAX_LINKS }, () => open(windows));
      for (const { link, consumed, refills, closes } of steps) {
        const window = links[link] as ReceiveWindow;
        window.consume(Math.floor(window.granted * consumed));
        if (refills) {
          window.refill();
          expect(window.granted).toBeGreaterThanOrEqual(MIN_WINDOW);
          expect(window.granted).toBeLessThanOrEqual(MAX_WINDOW);
        }
        if (closes) {
          window.close();
          window.close();
          links[link] = open(windows);
        }
        const sum = links.reduce((sum, { granted }) => sum + granted, 0);
        expect(sum).toBeLessThanOrEqual(24 * MIB);
      }
      for (const link of links) link.close();
      const [window] = Array.from({ length: MAX_LINKS }, () => open(windows));
      expect(window?.refill()).toBe(MAX_WINDOW - MIN_WINDOW);
    }),
  );
});

test('there is an end to links', () => {
  const windows = new ReceiveWindows();
  const links = Array.from({ length: MAX_LINKS }, () => open(windows));
  expect(windows.open()).toBeUndefined();
  links[0]?.close();
  expect(windows.open()).toBeDefined();
});
