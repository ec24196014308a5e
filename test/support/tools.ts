import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import type { TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why this is skipped, and how to install what is missing, in one line. */
    missing?: string;
  }
}

/** A program that some tests need and that npm does not install. */
export interface Tool {
  readonly name: string;
  /** Its executable, and what else has to exist. */
  readonly files: readonly string[];
  /** Arguments with which the executable succeeds if it has the libraries that tests need. */
  readonly probe?: readonly string[];
  /** The environment variable that names another executable. */
  readonly variable?: string;
  /** The script of this project that installs it. */
  readonly script: string;
}

/** A tool of one executable, which an environment variable may name. */
export function executable(name: string, path: string, variable: string, script: string): Tool {
  return { name, files: [process.env[variable] ?? path], variable, script };
}

/** The path of a tool's executable. */
export function pathOf({ name, files: [path] }: Tool): string {
  if (path === undefined) throw new Error(`${name} has no executable`);
  return path;
}

/**
 * Options for a `test` or `describe` that needs these tools. It is skipped where one is missing, which is
 * reported at the end of the run. In CI that is an error, because nobody would notice a skipped test.
 *
 * @throws if a tool is missing in CI
 */
export function needs(tools: Tool | readonly Tool[], options: TestOptions = {}): TestOptions {
  const missing = [tools].flat().flatMap(describeMissing)[0];
  if (missing === undefined) return options;
  if (process.env['CI']) throw new Error(missing);
  return { ...options, skip: true, meta: { missing } };
}

/**
 * Options for a `test` or `describe` that needs something that no script installs, such as an operating
 * system. It is skipped where the condition is false, and the end of the run reports the reason.
 *
 * @param reason what is missing, in a few words
 */
export function requires(holds: boolean, reason: string, options: TestOptions = {}): TestOptions {
  return holds ? options : { ...options, skip: true, meta: { missing: reason } };
}

export const POSIX = requires(process.platform !== 'win32', 'not on Windows');
export const LINUX = requires(process.platform === 'linux', 'only on Linux');
export const FULL_DISK = requires(existsSync('/dev/full'), 'this system has no /dev/full');

function describeMissing(tool: Tool): string[] {
  const { name, files, probe, variable, script } = tool;
  const otherwise = variable === undefined ? '' : `, or set ${variable}`;
  const file = files.find((each) => !existsSync(each));
  if (file !== undefined) return [`no ${name} at ${file}: run ${script}${otherwise}`];
  if (probe === undefined || spawnSync(pathOf(tool), probe).status === 0) return [];
  return [`${name} fails with ${probe.join(' ')}: run ${script}${otherwise}`];
}
