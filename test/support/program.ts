import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/.bin/tsc');

/** Inside `node_modules`, so that what is compiled finds its packages. */
const CACHE = join(ROOT, 'node_modules/.cache/test-programs');

/** Runs a program of the tests, in TypeScript and without imports of ours, as its own process. */
export function startProgram(source: string, args: readonly string[] = []): ChildProcess {
  return fork(compile(source), args, { execArgv: [] });
}

/** Compiles a program unless it is there from another time; tests may do so at the same time. */
function compile(source: string): string {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const name = basename(source, '.ts');
  const directory = join(CACHE, `${name}-${hash}`);
  const script = join(directory, `${name}.js`);
  if (existsSync(script)) return script;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(`${directory}-`);
  writeFileSync(join(fresh, 'package.json'), '{"type":"module"}');
  const options = '--ignoreConfig --noCheck --target es2023 --module nodenext'.split(' ');
  execFileSync(TSC, [...options, '--outDir', fresh, source], { stdio: 'inherit' });
  try {
    renameSync(fresh, directory);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!existsSync(script)) throw error;
  }
  return script;
}
