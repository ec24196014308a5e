import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SavedRoom } from '../rooms/saved-room.js';
import { firstLine, lastLine, roomLine } from './saved-state.js';
import { MAX_STATE_BYTES, StateFile } from './state-file.js';
import { type StateLog, StateStore } from './state-store.js';

/** An upper bound for the first and the last line, in bytes. */
const LONGEST_OTHER_LINE = 128;

/** The state file of one worker, which counts from 1. */
export function partOf(file: string, worker: number): string {
  return `${file}.${worker}`;
}

/**
 * Deals out the rooms of a state file, and of the parts that workers have left, to the parts of all
 * workers: their number may have changed. If it fails on the way, all rooms are still in one file or the
 * other.
 *
 * @param parts how many there are; 0 puts all rooms into the file itself
 * @param ownerOf the part of the room of this code, from 1
 * @param log is told of files that cannot be used
 * @throws an error of `node:fs` if a file cannot be written
 */
export function dealState(
  file: string,
  parts: number,
  ownerOf: (code: string) => number,
  log: StateLog,
): void {
  const found = partsOf(file);
  if (parts === 0 && found.length === 0) return;
  const rooms = new Map<string, SavedRoom>();
  for (const path of [file, ...found]) {
    for (const room of new StateStore(path, () => [], log).read()) rooms.set(room.code, room);
  }
  const leftOut = write(file, [...rooms.values()]);
  for (let part = 1; part <= parts; part++) {
    const own = [...rooms.values()].filter(({ code }) => ownerOf(code) === part);
    write(partOf(file, part), own);
  }
  // Parts may be larger together than one file can be.
  if (parts === 0 && leftOut > 0) {
    log.stateFileFailed(new Error(`the state file is full; ${leftOut} rooms are left out`));
  }
  const isCurrent = (path: string): boolean => Number(path.slice(file.length + 1)) <= parts;
  for (const path of found) if (!isCurrent(path)) rmSync(path);
  if (parts > 0) rmSync(file);
}

/** The files of workers beside this file. */
function partsOf(file: string): string[] {
  const start = `${basename(file)}.`;
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(start) && /^[1-9]\d?$/.test(name.slice(start.length)))
    .map((name) => join(dirname(file), name));
}

/** Writes the rooms that fit into a file that can be read again. Returns how many are left out. */
function write(path: string, rooms: readonly SavedRoom[]): number {
  const lines: string[] = [];
  let left = MAX_STATE_BYTES - 2 * LONGEST_OTHER_LINE;
  for (const room of rooms) {
    const line = roomLine(room);
    left -= Buffer.byteLength(line);
    if (left < 0) break;
    lines.push(line);
  }
  const last = lastLine(lines.length, true);
  new StateFile(path, MAX_STATE_BYTES).writeSync([firstLine(), ...lines, last]);
  return rooms.length - lines.length;
}
