import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const bundle = new URL('../../dist/client.js', import.meta.url);

/** What a phone on a slow line can be asked to load before it joins, in bytes. */
const MOST_GZIPPED = 15 * 1024;

test('the bundle is one small file that imports nothing', () => {
  const code = readFileSync(bundle);
  expect(gzipSync(code).length).toBeLessThan(MOST_GZIPPED);
  const imports = /(^|[;}])import\b|\bimport\(|\brequire\(/.test(code.toString());
  expect(imports).toBe(false);
});

test('the bundle gives what the package gives', async () => {
  const [bundled, packaged] = await Promise.all([
    import(bundle.href),
    import('../../src/client/index.js'),
  ]);
  expect(Object.keys(bundled).sort()).toEqual(Object.keys(packaged).sort());
});
