import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/.bin/tsc');

/** Inside `node_modules`, so that what is compiled finds its packages. */
const CACHE = join(ROOT, 'node_modules/.cache');

const compiled = new Map<string, string>();

/** Runs a program of the tests, in TypeScript and without imports of ours, as its own process. */
export function startProgram(source: string, args: readonly string[] = []): ChildProcess {
  let script = compiled.get(source);
  if (script === undefined) {
    script = compile(source);
    compiled.set(source, script);
  }
  return fork(script, args, { execArgv: [] });
}

function compile(source: string): string {
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(join(CACHE, 'program-'));
  process.once('exit', () => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  const options = '--ignoreConfig --noCheck --target es2023 --module nodenext'.split(' ');
  execFileSync(TSC, [...options, '--outDir', directory, source], { stdio: 'inherit' });
  return join(directory, basename(source).replace(/\.ts$/, '.js'));
}
