import { closeSync, openSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MIB } from '../units.js';
import { draftOf, isWithin, MODE, NEW, openForReading } from './state-file.js';

/** Errors that may be temporary and do not depend on the path. */
const TEMPORARY = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']);

/**
 * Checks at the start whether the state file can be read and written, so that a wrong path is not
 * noticed only at the first restart.
 *
 * @param maxBytes the largest file that is read
 * @throws {Error} one line that says what is wrong and what to do
 */
export function checkStateFile(path: string, maxBytes: number): void {
  const folder = dirname(path);
  checkFolder(folder);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) checkFile(path, stats, maxBytes);
  const draft = draftOf(path);
  try {
    rmSync(draft, { force: true });
    closeSync(openSync(draft, NEW, MODE));
    rmSync(draft);
  } catch (error) {
    if (TEMPORARY.has(codeOf(error))) return;
    throw new Error(`cannot write in ${folder} (${codeOf(error)}); name a folder that is writable`);
  }
}

function checkFolder(folder: string): void {
  let isFolder: boolean | undefined;
  try {
    isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
  } catch (error) {
    throw new Error(`cannot reach the folder ${folder} (${codeOf(error)})`);
  }
  if (isFolder === undefined) throw new Error(`there is no folder ${folder}; create it`);
  if (!isFolder) throw new Error(`${folder} is not a folder; name a file in a folder`);
}

function checkFile(path: string, stats: Stats, maxBytes: number): void {
  if (stats.isDirectory()) throw new Error(`${path} is a folder; name a file in it`);
  if (!stats.isFile()) throw new Error(`${path} is not a regular file; name another one`);
  if (!isWithin(stats, maxBytes)) {
    const [size, limit] = [stats.size, maxBytes].map((bytes) => Math.ceil(bytes / MIB));
    throw new Error(`${path} has ${size} MiB, the limit is ${limit} MiB; move it away`);
  }
  try {
    closeSync(openForReading(path));
  } catch (error) {
    throw new Error(`cannot read ${path} (${codeOf(error)}); change its owner or its mode`);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
