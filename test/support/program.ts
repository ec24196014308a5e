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
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/.bin/tsc');

/** Inside `node_modules`, so that compiled programs find their packages. */
const CACHE = join(ROOT, 'node_modules/.cache/test-programs');

/**
 * Runs a program of the tests, in TypeScript and without imports of this project, as a process.
 *
 * @param environment variables beside those of this process
 */
export function startProgram(
  source: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return fork(compileProgram(source), args, {
    execArgv: [],
    env: { ...process.env, ...environment },
  });
}

/**
 * Compiles a program, unless it is compiled already. Tests may do so at the same time.
 *
 * @returns the script, which has no other files
 */
export function compileProgram(source: string): string {
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
