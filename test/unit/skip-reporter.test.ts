import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const SUPPORT = new URL('../support/', import.meta.url);
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

const TESTS = `
  import { describe, test } from 'vitest';
  import { executable, needs, requires } from '${new URL('tools.ts', SUPPORT)}';
  const MISSING = executable('Abacus', '/nowhere/abacus', 'ABACUS', 'scripts/install-abacus');
  const HERE = executable('Node.js', process.execPath, 'NODE', 'scripts/install-node');
  const FAILS = { ...HERE, probe: ['-e', 'process.exit(1)'] };
  test('runs', needs(HERE), () => {});
  test('is skipped', needs([HERE, MISSING]), () => {});
  describe('a suite', needs(MISSING), () => {
    test('is skipped with it', () => {});
  });
  test('is skipped, as its library is missing', needs(FAILS), () => {});
  test('is skipped, as its system is missing', requires(false, 'only on a PDP-11'), () => {});
  test('runs on its system', requires(true, 'only here'), () => {});
`;

/** What a run of these tests reports about skipped tests. */
async function run(tests: string, environment: Record<string, string> = {}) {
  const root = mkdtempSync(fileURLToPath(new URL('../../node_modules/.skips-', import.meta.url)));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'any.spec.ts'), tests);
  const reporters = ['default', fileURLToPath(new URL('skip-reporter.ts', SUPPORT))];
  const config = join(root, 'vitest.config.js');
  writeFileSync(config, `export default ${JSON.stringify({ test: { reporters, root } })};`);
  const { CI: _, ...rest } = process.env;
  const env = { ...rest, ...environment };
  const { stdout, stderr, code } = await promisify(execFile)(
    process.execPath,
    [VITEST, 'run', '--config', config, '--root', root],
    { env },
  ).then(
    (said) => ({ ...said, code: 0 }),
    (failed: { stdout: string; stderr: string; code: number }) => failed,
  );
  return {
    code,
    stdout,
    stderr,
    skips: stdout.split('\n').filter((line) => line.startsWith('skipped ')),
  };
}

test('the end of a run lists what was skipped, why, and how to get it', async () => {
  const probed = `Node.js fails with -e process.exit(1): run scripts/install-node, or set NODE`;
  const { code, skips } = await run(TESTS);
  expect(code).toBe(0);
  expect(skips).toEqual([
    'skipped 2 tests: no Abacus at /nowhere/abacus: run scripts/install-abacus, or set ABACUS',
    `skipped 1 test: ${probed}`,
    'skipped 1 test: only on a PDP-11',
  ]);
});

test('a test that is skipped without a reason fails the run', async () => {
  const { code, stderr } = await run(`
    import { test } from 'vitest';
    test('runs', () => {});
    test.skip('is skipped by hand', () => {});
  `);
  expect(stderr).toContain('any.spec.ts skips 1 test without a reason: use needs or requires');
  expect(code).toBe(1);
});

test('it prints nothing if nothing was skipped', async () => {
  const { stdout, skips } = await run(`import { test } from 'vitest'; test('runs', () => {});`);
  expect(stdout).toMatch(/1 passed/);
  expect(skips).toEqual([]);
});

test('in CI, a missing tool is a failure', async () => {
  const { stderr, skips } = await run(TESTS, { CI: 'true' });
  expect(stderr).toContain('no Abacus at /nowhere/abacus: run scripts/install-abacus');
  expect(skips).toEqual([]);
});
