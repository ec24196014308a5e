import { Gauge, Registry } from 'prom-client';
import { expect, test, vi } from 'vitest';
import { SharedScrape } from '../../../src/ops/shared-scrape.js';

/** A scrape of one gauge, and how often it has been read. */
function counted(read: () => number = () => 1) {
  const registry = new Registry();
  const collect = vi.fn(read);
  new Gauge({
    name: 'x',
    help: 'x',
    registers: [registry],
    collect() {
      this.set(collect());
    },
  });
  return { scrape: new SharedScrape(registry), collect };
}

test('requests within a second share one computation and one buffer', async () => {
  let value = 1;
  const { scrape, collect } = counted(() => value++);
  const all = await Promise.all(Array.from({ length: 250 }, (_, i) => scrape.read(i * 3.9)));
  expect(collect).toHaveBeenCalledTimes(1);
  expect(new Set(all).size).toBe(1);
  expect(String(all[0])).toMatch(/^x 1$/m);
  expect(String(await scrape.read(999.9))).toMatch(/^x 1$/m);
  expect(String(await scrape.read(1000))).toMatch(/^x 2$/m);
  expect(String(await scrape.read(1999))).toMatch(/^x 2$/m);
  expect(collect).toHaveBeenCalledTimes(2);
});

test('a metric that cannot be read is an error, and is read again after a second', async () => {
  const { scrape, collect } = counted();
  collect.mockImplementationOnce(() => {
    throw new Error('EMFILE');
  });
  await expect(scrape.read(0)).rejects.toThrow('EMFILE');
  await expect(scrape.read(500)).rejects.toThrow('EMFILE');
  expect(collect).toHaveBeenCalledTimes(1);
  expect(String(await scrape.read(1000))).toMatch(/^x 1$/m);
});
