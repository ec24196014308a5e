import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import { type LaunchConfig, readLaunchConfig } from './launch-config.js';
import type { ReadContext } from './shape.js';

/** The largest configuration file and the largest secret, in bytes. */
const MAX_FILE = 1024 * 1024;
const MAX_SECRET = 64 * 1024;

/**
 * Reads the file of `--launch-config`, and the secrets that it refers to.
 *
 * @throws {ConfigError} one line with the file, the place in it, and the expected value
 */
export function readLaunchFile(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): LaunchConfig {
  const text = read(file, MAX_FILE);
  try {
    return readLaunchConfig(parse(text), contextOf(file, environment));
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${file}: ${error.message}`);
    throw error;
  }
}

function contextOf(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): ReadContext {
  const folder = dirname(resolve(file));
  const resolvePath = (path: string): string => resolve(folder, path);
  return {
    resolvePath,
    readSecret(source) {
      const isFile = 'file' in source;
      const name = isFile ? resolvePath(source.file) : `the variable ${source.variable}`;
      const value = isFile ? read(name, MAX_SECRET) : environment[source.variable];
      // Mounted secret files often end in a line break.
      const secret = value?.trim() ?? '';
      if (secret === '') throw new ConfigError(`there is no secret in ${name}`);
      return secret;
    },
  };
}

function read(path: string, maxBytes: number): string {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new ConfigError(`${path} is not a regular file`);
    if (stats.size > maxBytes) throw new ConfigError(`${path} is larger than ${maxBytes} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new ConfigError(`expected JSON${positionIn(text, (error as Error).message)}`);
  }
}

/** The position of the error. Its message is not shown, because it may contain a part of the file. */
function positionIn(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return `; there is an error at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
