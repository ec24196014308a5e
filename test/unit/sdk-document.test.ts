import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RelayError } from '../../src/client/relay-error.js';
import { CLOSINGS } from '../../src/protocol/close-codes.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const text = read('docs/sdk.md');
const api = read('src/client/api.ts');

/** The names of an interface's own members. */
function membersOf(name: string): string[] {
  const [, body = ''] =
    new RegExp(`^export interface ${name}\\b.*\\{\n([^]+?)^\\}`, 'm').exec(api) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[?(:<]/gm)].map(([, member = '']) => member);
}

/** The section below a heading, up to the next one. */
function section(heading: string): string {
  const [, rest = ''] = text.split(`\n## ${heading}\n`);
  return rest.split('\n## ')[0] ?? '';
}

test('docs/sdk.md has every name that the SDK exports', () => {
  const lists = [...read('src/client/index.ts').matchAll(/\{([^}]+)\}/g)].map(([, list]) => list);
  const names =
    lists
      .join()
      .replaceAll(/\btype\b/g, '')
      .match(/\w+/g) ?? [];
  expect(names).toContain('RelayErrorName');
  expect(names).toContain('createRoom');
  expect(names.filter((name) => !new RegExp(`\`${name}\\b`).test(text))).toEqual([]);
});

test.each([
  ['RoomOptions', 'Open and join'],
  ['JoinOptions', 'Open and join'],
  ['Environment', 'Open and join'],
  ['Room', 'Room'],
  ['RoomEvents', 'Room'],
  ['Player', 'Room'],
  ['Seat', 'Seat'],
  ['SeatEvents', 'Seat'],
  ['Emitter', 'Events'],
  ['ChannelOptions', 'Data channels'],
])('docs/sdk.md has every member of %s', (name, heading) => {
  const members = membersOf(name);
  expect(members).not.toEqual([]);
  const rows = section(heading);
  expect(members.filter((member) => !new RegExp(`\`${member}\\b`).test(rows))).toEqual([]);
});

test('docs/sdk.md has every end, with its code and whether to come back', () => {
  const rows = section('When it is over').split('\n');
  const missing = Object.entries(CLOSINGS).filter(([name, { code, reason }]) => {
    const { what, retry } = new RelayError(code, reason);
    expect(what).toBe(name);
    const row = rows.find((line) => line.split('|')[1]?.includes(`\`${name}\``)) ?? '';
    return !row.includes(String(code)) || !row.includes(`\`${retry}\``);
  });
  expect(missing).toEqual([]);
});
