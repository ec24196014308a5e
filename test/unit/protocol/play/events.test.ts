import { expect, test } from 'vitest';
import type { Progress } from '../../../../src/protocol/matchmaking.js';
import { PLAY_EVENTS, playEvent } from '../../../../src/protocol/play/events.js';

const server = { is: 'server', ip: '2001:db8::7', port: 1, certDigest: 'e3' } as const;

const EVENTS: [Progress, string, string][] = [
  [{ is: 'acknowledged' }, 'acknowledged', '{}'],
  [{ is: 'accepted', session: 'a-1' }, 'accepted', '{"session":"a-1"}'],
  [{ is: 'waiting', status: 'a\nb', elapsed: 3 }, 'progress', '{"status":"a\\nb","elapsed":3}'],
  [
    { is: 'ready', place: { ...server, token: Buffer.of(1) } },
    'ready',
    '{"server":{"ip":"2001:db8::7","port":1,"cert_digest":"e3","token":"AQ=="}}',
  ],
  [
    { is: 'ready', place: { ...server, token: undefined } },
    'ready',
    '{"server":{"ip":"2001:db8::7","port":1,"cert_digest":"e3","token":null}}',
  ],
  [{ is: 'ready', place: { is: 'room', code: 'BCDF' } }, 'ready', '{"room":{"code":"BCDF"}}'],
  [{ is: 'failed', status: 409, reason: 'full' }, 'error', '{"status":409,"reason":"full"}'],
];

test.each(EVENTS)('%j', (progress, name, data) => {
  expect(playEvent(progress)).toBe(`event: ${name}\ndata: ${data}\n\n`);
});

test('all events are in the list', () => {
  expect([...new Set(EVENTS.map(([, name]) => name))]).toEqual([...PLAY_EVENTS]);
});
