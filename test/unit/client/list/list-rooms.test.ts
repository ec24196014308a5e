import { expect, test, vi } from 'vitest';
import { listRooms } from '../../../../src/client/index.js';
import { stillEnvironment } from '../fakes.js';

/** Requests a list from a relay, or something in front of it, that gives this answer. */
function request(status: number, body: string): Promise<unknown> {
  return requestWith(async () => new Response(body, { status }));
}

function requestWith(fetch: () => Promise<Response>): Promise<unknown> {
  stillEnvironment();
  vi.stubGlobal('fetch', fetch);
  return listRooms('ws://relay', 'games').catch((error) => [error.code, error.retry]);
}

test.each<[number, string, unknown]>([
  [200, '[]', []],
  [404, 'not found', ['unsupported', 'no']],
  [429, '', ['tooManyAttempts', 'later']],
  [502, '<h1>Bad gateway</h1>', ['unreachable', 'yes']],
  [503, '{"error":"shutting down"}', ['unreachable', 'yes']],
  [200, '<h1>Log in to this network</h1>', ['unreachable', 'yes']],
])('the answer %i %s', async (status, body, result) => {
  expect(await request(status, body)).toEqual(result);
});

test('no answer', async () => {
  const refused = async () => {
    throw new TypeError('fetch failed');
  };
  expect(await requestWith(refused)).toEqual(['unreachable', 'yes']);
});
