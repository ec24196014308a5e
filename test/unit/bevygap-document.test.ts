import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MAX_NAME, MAX_REQUEST } from '../../src/protocol/bevygap/limits.js';
import { REQUEST_ERRORS } from '../../src/protocol/bevygap/read-request.js';
import { PLAYED_IN_ROOM, progressValue } from '../../src/protocol/bevygap/values.js';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import type { Place, Progress } from '../../src/protocol/matchmaking.js';
import { PLAY_EVENTS, playEvent } from '../../src/protocol/play/events.js';
import { refusalStatus } from '../../src/protocol/refusal-status.js';
import { tableIn } from '../support/protocol-document.js';

const text = readFileSync(new URL('../../docs/dialects.md', import.meta.url), 'utf8');

const place: Place = { is: 'server', ip: '::1', port: 1, certDigest: '', token: undefined };

const PROGRESS: readonly Progress[] = [
  { is: 'acknowledged' },
  { is: 'accepted', session: '…' },
  { is: 'waiting', status: 'Waiting', elapsed: 3 },
  { is: 'ready', place },
  { is: 'failed', status: 408, reason: '…' },
];

/** JSON in which only the names of members count. */
const outline = (json: string): string => json.replaceAll(/"(\w+)":(?:\d+|"[^"{]*"|null)/g, '"$1"');

test('docs/dialects.md has every value of Bevygap', () => {
  const values = tableIn(text, '### Progress').map(([value]) => outline(value ?? ''));
  expect(values).toEqual(PROGRESS.map((progress) => outline(progressValue(progress))));
});

test('docs/dialects.md has every event of play, with its data', () => {
  const rows = tableIn(text, '### Events of play');
  expect(rows.map(([name]) => name)).toEqual([...PLAY_EVENTS]);
  const room: Progress = { is: 'ready', place: { is: 'room', code: 'BCDF' } };
  for (const progress of [...PROGRESS, room]) {
    const [, name, data = ''] = /^event: (.*)\ndata: (.*)\n\n$/.exec(playEvent(progress)) ?? [];
    const cell = rows.find(([event]) => event === name)?.[1] ?? '';
    expect(outline(cell)).toContain(outline(data));
  }
});

test('docs/dialects.md has every error of requests, with its status', () => {
  const rows = tableIn(text, '### Errors of requests').map(([words, status]) => [
    words,
    Number(status),
  ]);
  const refusals = [
    CLOSE_REASONS.originNotAllowed,
    CLOSE_REASONS.tooManyAttempts,
    CLOSE_REASONS.relayFull,
    CLOSE_REASONS.restarting,
  ];
  expect(rows).toEqual([
    ...Object.values(REQUEST_ERRORS).map((words) => [words, 400]),
    [PLAYED_IN_ROOM, 400],
    ['no game … is served here', 404],
    ...refusals.map((reason) => [reason.reason, refusalStatus(reason)]),
  ]);
});

test('the sizes are those of the code', () => {
  expect(text).toContain(`in at most ${MAX_REQUEST / 1024} KiB, and nothing more is read`);
  expect(text).toContain(`\`game\` has 1 to ${MAX_NAME} characters`);
});
