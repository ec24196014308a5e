import { expect, test } from 'vitest';
import { progressValue, wannaplayAnswer } from '../../../../src/protocol/bevygap/values.js';
import type { Place, Progress } from '../../../../src/protocol/matchmaking.js';

const SERVER: Place = {
  is: 'server',
  ip: '203.0.113.7',
  port: 30004,
  certDigest: 'e3:76',
  token: Buffer.from('NETCODE 1.02\0'),
};

const FIELDS = `"token":"TkVUQ09ERSAxLjAyAA==","ip":"203.0.113.7","port":30004,"cert_digest":"e3:76"`;

test.each<[Progress, string]>([
  [{ is: 'acknowledged' }, '"Acknowledged"'],
  [{ is: 'accepted', session: 'a-1' }, '{"SessionRequestAccepted":"a-1"}'],
  [{ is: 'waiting', status: 'Waiting', elapsed: 3 }, '{"ProgressReport":"Waiting (3)"}'],
  [{ is: 'ready', place: SERVER }, `{"SessionReady":{${FIELDS}}}`],
  [{ is: 'failed', status: 408, reason: 'a "quote"' }, '{"Error":[408,"a \\"quote\\""]}'],
])('%j', (progress, json) => {
  expect(progressValue(progress)).toBe(json);
});

test('an IPv6 address has brackets (13)', () => {
  const value = progressValue({ is: 'ready', place: { ...SERVER, ip: '2001:db8::7' } });
  expect(JSON.parse(value).SessionReady.ip).toBe('[2001:db8::7]');
});

test('a game without tokens has an empty token', () => {
  const value = progressValue({ is: 'ready', place: { ...SERVER, token: undefined } });
  expect(JSON.parse(value).SessionReady.token).toBe('');
});

test('the code of a room is an error', () => {
  const value = progressValue({ is: 'ready', place: { is: 'room', code: 'BCDF' } });
  expect(value).toBe(
    '{"Error":[400,"this game is played in a room: ask for it at /matchmaker/play"]}',
  );
});

test('wannaplay has other field names', () => {
  expect(wannaplayAnswer(SERVER)).toBe(
    '{"connect_token":"TkVUQ09ERSAxLjAyAA==","gameserver_ip":"203.0.113.7",' +
      '"gameserver_port":30004,"cert_digest":"e3:76"}',
  );
});
