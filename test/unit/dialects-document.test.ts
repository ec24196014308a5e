import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { flagOf } from '../../src/options/describe.js';
import { OPTION_NAMES } from '../../src/options.js';
import { ACTIONS } from '../../src/protocol/bellhop/actions.js';
import * as events from '../../src/protocol/bellhop/events.js';
import { MAX_LOBBY_ID, MAX_MESSAGE } from '../../src/protocol/bellhop/limits.js';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import { DIALECTS } from '../../src/protocol/dialects.js';
import { MAX_LEVELS, MAX_MEMBERS } from '../../src/protocol/json-object.js';
import { tableIn } from '../support/protocol-document.js';

const text = readFileSync(new URL('../../docs/dialects.md', import.meta.url), 'utf8');
const bellhop = text.slice(text.indexOf('\n## Bellhop'), text.indexOf('\n## signaling-server'));

/** The names in code marks in a cell of a table. */
function namesIn(cell = ''): string[] {
  return [...cell.matchAll(/(?:^|`)(\w+\??)(?:`|$)/g)].map(([, name = '']) => name);
}

test('every dialect is in the table', () => {
  expect(tableIn(text, '# Dialects').map(([dialect]) => dialect)).toEqual([...DIALECTS]);
});

test('every action of Bellhop is in the table, with its content', () => {
  const rows = tableIn(bellhop, '### Actions').map(([action, content]) => [
    action,
    namesIn(content),
  ]);
  const actions = Object.entries(ACTIONS).map(([action, fields = {}]) => [
    action,
    Object.entries(fields).map(([key, kind]) => (kind === 'newLobby' ? `${key}?` : key)),
  ]);
  expect(rows).toEqual(actions);
});

test('every event of Bellhop is in the table, with its content', () => {
  const sent = [
    events.lobbyStarted(''),
    events.lobbyCreationFailed(''),
    events.receivedJoinRequest(''),
    events.joinRequestAccepted('', '1'),
    events.joinRequestRejected('1'),
    events.receivedSessionDescription('', { session_type: '1', sdp: '1' }),
    events.receivedIceCandidate('', { media: '1', index: '1', name: '1' }),
  ].map((json) => JSON.parse(json));
  expect(sent.map(({ event }) => event)).toEqual([...events.EVENTS]);
  expect(
    tableIn(bellhop, '### Events').map(([event, content]) => [event, namesIn(content)]),
  ).toEqual(sent.map(({ event, content }) => [event, Object.keys(content)]));
});

test('the limits are those of the code', () => {
  expect(bellhop).toContain(`at most ${MAX_LOBBY_ID.toLocaleString('en')} bytes`);
  expect(bellhop).toContain(`at most ${MAX_LEVELS} levels deep`);
  expect(bellhop).toContain(`at most ${MAX_MEMBERS} keys`);
  expect(bellhop).toContain(`more than ${MAX_MESSAGE / 1024} KiB | close 1009`);
});

test('every option and every reason in it exists', () => {
  const flags = [...text.matchAll(/`(--[a-z-]+)/g)].map(([, flag]) => flag);
  expect(flags.length).toBeGreaterThan(10);
  const known = OPTION_NAMES.map(flagOf);
  expect(flags.filter((flag) => !known.includes(flag ?? ''))).toEqual([]);
  const limits = tableIn(bellhop, '### Errors').find(([what]) => what?.startsWith('a limit'));
  const reasons = [...(limits?.[1] ?? '').matchAll(/`([a-z]+ [a-z ]*[a-z])`/g)].map(
    ([, reason]) => reason,
  );
  expect(reasons.length).toBeGreaterThan(4);
  const words: string[] = Object.values(CLOSE_REASONS).map(({ reason }) => reason);
  expect(reasons.filter((reason) => !words.includes(reason ?? ''))).toEqual([]);
});
