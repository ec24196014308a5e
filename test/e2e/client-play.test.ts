import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createRoom,
  joinRoom,
  type Place,
  PlayError,
  type PlayOptions,
  type PlayProgress,
  play,
} from '../../src/client/index.js';
import { LaunchError } from '../../src/launch/matchmaker.js';
import { failing, PLACE, TestMatchmaker } from '../support/matchmaker.js';
import { startRelay } from '../support/relay.js';

async function setup() {
  const matchmaker = new TestMatchmaker();
  return { ...(await startRelay({ matchmaker })), matchmaker };
}

test('a player gets progress, and then a server', async () => {
  const { http, matchmaker } = await setup();
  const received: PlayProgress[] = [];
  const promise = play(`${http}/?x`, 'g', {
    version: '2',
    onProgress: (progress) => received.push(progress),
  });
  const request = await matchmaker.accepted();
  expect(request.request).toMatchObject({ game: 'g', version: '2', party: undefined });
  request.progress('Deploying');
  request.ready(PLACE);
  const place: Place = await promise;
  expect(place).toEqual({ ...PLACE, token: new Uint8Array(2048).fill(7) });
  expect(received.map(({ status }) => status)).toEqual(['Deploying', 'Ready']);
  expect(received.every(({ elapsed }) => Number.isInteger(elapsed))).toBe(true);
  expect(request.isCancelled).toBe(false);
});

test('a place in a game without tokens has no token', async () => {
  const { url, matchmaker } = await setup();
  const promise = play(new URL(url), 'g');
  await matchmaker.answer({
    ...PLACE,
    ip: '2001:db8::7',
    certDigest: '',
    token: undefined,
  } as never);
  expect(await promise).toEqual({
    is: 'server',
    ip: '2001:db8::7',
    port: 30004,
    certDigest: '',
    token: undefined,
  });
});

test('a player gets the code of a room, and joins it', async () => {
  const { http, matchmaker } = await setup();
  const room = await createRoom(http, { WebSocket });
  onTestFinished(() => room.stop());
  const promise = play(http, 'party');
  await matchmaker.answer({ is: 'room', code: room.code });
  const place = await promise;
  if (place.is !== 'room') throw new Error('expected a room');
  const seat = await joinRoom(http, place.code, { WebSocket });
  onTestFinished(() => seat.leave());
  expect(seat.code).toBe(room.code);
});

test('a party is sent to the relay', async () => {
  const { http, matchmaker } = await setup();
  const party = { ticket: 'a-ticket', size: 2 };
  const promise = play(http, 'g', { party });
  expect((await matchmaker.answer()).request.party).toEqual(party);
  await promise;
});

test.each([
  [404, 'no', 'no game is served'],
  [408, 'yes', 'not ready in time'],
  [409, 'later', 'all servers are full'],
  [503, 'yes', 'relay restarting'],
] as const)('an error of the relay is thrown: %i', async (code, retry, reason) => {
  const { http } = await startRelay({ matchmaker: failing(new LaunchError(code, reason)) });
  const error = await play(http, 'g').catch((thrown) => thrown);
  expect(error).toBeInstanceOf(PlayError);
  expect(error).toMatchObject({ code, retry, reason });
});

test.each(['a b', '', '..', 'x'.repeat(31), 'é/%'])(
  'the invalid name "%s" of a game is rejected',
  async (game) => {
    const { http, matchmaker } = await setup();
    await expect(play(http, game)).rejects.toMatchObject({ retry: 'no' });
    expect(matchmaker.count).toBe(0);
  },
);

test('a relay without game servers causes an error with status 404', async () => {
  const { http } = await startRelay();
  await expect(play(http, 'g')).rejects.toMatchObject({
    code: 404,
    reason: 'no game servers at this relay',
  });
});

test('an AbortSignal cancels the request, and the place is free at once', async () => {
  const { http, matchmaker } = await setup();
  const abort = new AbortController();
  const promise = play(http, 'g', { signal: abort.signal });
  const request = await matchmaker.accepted();
  const reason = new Error('changed my mind');
  abort.abort(reason);
  await expect(promise).rejects.toBe(reason);
  await request.cancelled;
  await expect(play(http, 'g', { signal: abort.signal })).rejects.toBe(reason);
  expect(matchmaker.count).toBe(1);
});

test('an exception of onProgress ends the request', async () => {
  const { http, matchmaker } = await setup();
  const error = new Error('a bug');
  const promise = play(http, 'g', {
    onProgress() {
      throw error;
    },
  });
  const request = await matchmaker.accepted();
  request.progress('Deploying');
  await expect(promise).rejects.toBe(error);
  await request.cancelled;
});

test.each<[PlayOptions, string]>([
  [{ versoin: '1' } as PlayOptions, 'there are version, onProgress, party, signal'],
  [{ version: 1 } as unknown as PlayOptions, 'version: expected string'],
])('the options %j are rejected', async (options, text) => {
  await expect(play('http://127.0.0.1:1', 'g', options)).rejects.toThrow(text);
});

/** Starts an HTTP server that is not a relay. */
async function startServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const STREAM = { 'content-type': 'text/event-stream' };

test.each<[string, RequestListener]>([
  ['closes the connection', (request) => request.socket.destroy()],
  ['ends its answer without a place', (_, response) => response.writeHead(200, STREAM).end()],
  ['sends no JSON', (_, response) => response.writeHead(200, STREAM).end('event: x\ndata: {\n\n')],
  ['never ends an event', (_, response) => response.writeHead(200, STREAM).end('x'.repeat(70_000))],
])('a server that %s counts as no answer', async (_, answer) => {
  const http = await startServer(answer);
  await expect(play(http, 'g')).rejects.toMatchObject({ code: 0, retry: 'yes' });
});
