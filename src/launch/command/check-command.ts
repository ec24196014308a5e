import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import type { CommandConfig } from '../config/launchers.js';

/**
 * Checks whether a command can be run, when the relay starts rather than when the first player waits.
 *
 * @throws {Error} one line that begins with the invalid member of the launcher
 */
export function checkCommand({ command: [program = ''], directory }: CommandConfig): void {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`directory: there is no folder ${directory}`);
  }
  if (program.includes('{')) return;
  const isPath = isAbsolute(program) || program.includes('/');
  const folders = isPath ? [directory] : (process.env['PATH'] ?? '').split(delimiter);
  if (process.platform === 'win32' || folders.some((folder) => canRun(resolve(folder, program)))) {
    return;
  }
  const where = isPath ? resolve(directory, program) : `"${program}" in the folders of PATH`;
  throw new Error(`command[0]: there is no program ${where} that the relay may run`);
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
