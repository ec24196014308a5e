import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SavedRoom } from '../../../src/rooms/saved-room.js';
import { firstLine, lastLine, roomLine } from '../../../src/state/saved-state.js';
import { StateFile } from '../../../src/state/state-file.js';
import { dealState, partOf } from '../../../src/state/state-parts.js';

const room = (code: string): SavedRoom =>
  ({
    code,
    name: `room ${code}`,
    maxPlayers: 4,
    started: false,
    hold: 60,
    resume: 'x'.repeat(43),
    lastId: null,
    seats: [],
    banned: [],
  }) as unknown as SavedRoom;

function write(path: string, codes: readonly string[], final = true): void {
  const rooms = codes.map(room);
  writeFileSync(
    path,
    [firstLine(), ...rooms.map(roomLine), lastLine(rooms.length, final)].join(''),
  );
}

const codesIn = (path: string): string[] => new StateFile(path).read().map(({ code }) => code);

/** Codes that begin with B or C belong to the first part, all others to the second. */
const ownerOf = (code: string): number => (/^[BC]/.test(code) ? 1 : 2);

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'parts-'));
  const file = join(folder, 'rooms');
  const unusable: string[] = [];
  const failures: string[] = [];
  const log = {
    stateFileRenamed: (path: string) => void unusable.push(path),
    stateFileFailed: (error: unknown) => void failures.push((error as Error).message),
  };
  const deal = (parts: number): void => dealState(file, parts, ownerOf, log);
  return { folder, file, unusable, failures, deal, files: () => readdirSync(folder).toSorted() };
}

describe('dealing out a state file', () => {
  test('gives each worker the rooms of its codes', () => {
    const { file, deal, files } = setUp();
    write(file, ['BBBB', 'DDDD', 'CCCC']);
    deal(2);
    expect(files()).toEqual(['rooms.1', 'rooms.2']);
    expect([codesIn(partOf(file, 1)), codesIn(partOf(file, 2))]).toEqual([
      ['BBBB', 'CCCC'],
      ['DDDD'],
    ]);
  });

  test('gives rooms of more workers to fewer, and to a single process', () => {
    const { file, deal, files } = setUp();
    write(partOf(file, 1), ['BBBB']);
    write(partOf(file, 2), ['ZZZZ']);
    write(partOf(file, 12), ['CCCC', 'DDDD']);
    deal(2);
    expect(files()).toEqual(['rooms.1', 'rooms.2']);
    expect(codesIn(partOf(file, 1))).toEqual(['CCCC', 'BBBB'].toSorted());
    deal(0);
    expect(files()).toEqual(['rooms']);
    expect(codesIn(file).toSorted()).toEqual(['BBBB', 'CCCC', 'DDDD', 'ZZZZ']);
  });

  test('keeps ids from being used twice if a worker has crashed', () => {
    const { file, deal } = setUp();
    write(partOf(file, 1), ['BBBB'], false);
    deal(1);
    expect(readFileSync(partOf(file, 1), 'utf8')).toContain('"lastId":10000,');
  });

  test('after an interruption still has every room once', () => {
    const { file, deal } = setUp();
    write(file, ['BBBB', 'DDDD']);
    write(partOf(file, 1), ['BBBB']);
    deal(2);
    expect([codesIn(partOf(file, 1)), codesIn(partOf(file, 2))]).toEqual([['BBBB'], ['DDDD']]);
  });

  test('renames a part that cannot be used, and goes on with the others', () => {
    const { file, unusable, deal } = setUp();
    write(partOf(file, 1), ['BBBB']);
    writeFileSync(partOf(file, 2), 'something else\n');
    deal(2);
    expect(unusable).toEqual([`${partOf(file, 2)}.unreadable`]);
    expect(codesIn(partOf(file, 1))).toEqual(['BBBB']);
  });

  test('leaves out rooms that do not fit into one file, and says how many', () => {
    const { file, deal, failures } = setUp();
    const seats = Array.from({ length: 30_000 }, (_, at) => ({
      id: at + 1,
      key: null,
      away: false,
      about: 'x'.repeat(700),
    }));
    const large = { ...room('BBBB'), lastId: 30_000, seats } as unknown as SavedRoom;
    for (const [index, code] of ['BBBB', 'DDDD'].entries()) {
      const line = roomLine({ ...large, code } as SavedRoom);
      writeFileSync(partOf(file, index + 1), [firstLine(), line, lastLine(1, true)].join(''));
    }
    deal(0);
    expect(codesIn(file)).toHaveLength(1);
    expect(failures).toEqual(['the state file is full; 1 rooms are left out']);
  });

  test('leaves a file alone that has no parts, and other files beside it', () => {
    const { folder, file, deal, files } = setUp();
    write(file, ['BBBB'], false);
    for (const name of ['rooms.draft', 'rooms.1x', 'rooms.0', 'rooms.last', 'other.1']) {
      writeFileSync(join(folder, name), 'x');
    }
    deal(0);
    expect(codesIn(file)).toEqual(['BBBB']);
    expect(files()).toHaveLength(6);
  });
});
