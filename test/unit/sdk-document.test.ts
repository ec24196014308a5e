import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RelayError } from '../../src/client/errors/relay-error.js';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const text = read('docs/sdk.md');
const api = [
  'api.ts',
  'options.ts',
  'state.ts',
  'audience/api.ts',
  'player/api.ts',
  'events.ts',
  'play/play.ts',
]
  .map((file) => read(`src/client/${file}`))
  .join('');

/** The names of an interface's own members. */
function membersOf(name: string): string[] {
  const [, body = ''] =
    new RegExp(`^(?:export )?interface ${name}\\b[^]*?\\{\n([^]+?)^\\}`, 'm').exec(api) ?? [];
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
  ['ConnectOptions', 'Open and join'],
  ['CodecOption', 'Open and join'],
  ['Environment', 'Open and join'],
  ['Codec', 'Messages'],
  ['Room', 'Room'],
  ['RoomEvents', 'Room'],
  ['Player', 'Room'],
  ['Candidate', 'Room'],
  ['RoomChanges', 'Room'],
  ['ListedRoom', 'Public lists'],
  ['ListOptions', 'Public lists'],
  ['KickOptions', 'Room'],
  ['Seat', 'Seat'],
  ['SeatEvents', 'Seat'],
  ['Emitter', 'Events'],
  ['ListenerOptions', 'Events'],
  ['SharedState', 'Shared values and state'],
  ['SendOptions', 'Audience'],
  ['AudienceOptions', 'Audience'],
  ['Viewer', 'Audience'],
  ['ViewerEvents', 'Audience'],
  ['ChannelOptions', 'Data channels'],
  ['PlayOptions', 'Play'],
  ['PlayProgress', 'Play'],
])('docs/sdk.md has every member of %s', (name, heading) => {
  const members = membersOf(name);
  expect(members).not.toEqual([]);
  const rows = section(heading);
  expect(members.filter((member) => !new RegExp(`\`${member}\\b`).test(rows))).toEqual([]);
});

/** Closes that games do not see, and those for mistakes that the SDK does not make. */
const FOR_OTHER_CLIENTS = [
  'badSeatKey',
  'badAbout',
  'elsewhere',
  'left',
  'notPrepared',
  'textOnly',
];

test('docs/sdk.md has every close reason, with its code and whether to reconnect', () => {
  const rows = section('Errors and close reasons').split('\n');
  const missing = Object.entries(CLOSE_REASONS).filter(([name, { code, reason }]) => {
    const { code: known, retry } = new RelayError(code, reason);
    if (FOR_OTHER_CLIENTS.includes(name)) {
      expect([known, retry]).toEqual(['closed', CLOSE_REASONS[name as 'left'].retry]);
      return false;
    }
    expect(known).toBe(name);
    const row = rows.find((line) => line.split('|')[1]?.includes(`\`${name}\``)) ?? '';
    return !row.includes(String(code)) || !row.includes(`\`${retry}\``);
  });
  expect(missing).toEqual([]);
});
