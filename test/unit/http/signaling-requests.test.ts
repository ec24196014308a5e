import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Signaling } from '../../../src/dialects/signaling/signaling.js';
import { RequestBodies } from '../../../src/http/request-bodies.js';
import type { RequestContext } from '../../../src/http/request-context.js';
import { SignalingRequests } from '../../../src/http/signaling-requests.js';
import { Admission } from '../../../src/limits/admission.js';
import { Slots } from '../../../src/limits/slots.js';

const KIB = 1024;

/** A server that answers with at most 100 KiB of bodies at a time. */
async function setup() {
  const limits = {
    maxConnections: 100,
    connectionsPerAddress: 0,
    roomsPerMinute: 0,
    missesPerMinute: 0,
    maxRooms: 100,
    heap: 64 * KIB * KIB,
    limitLoopback: false,
  };
  const admission = new Admission(limits, () => undefined);
  const bodyBytes = new Slots({
    perAddress: 0,
    perNetwork: 1,
    total: 100 * KIB,
    isExempt: () => true,
  });
  const observer = { channelOpened() {}, channelExpired() {} };
  const signaling = new Signaling({
    admission,
    rooms: { draining: false },
    mayCreate: () => true,
    observer,
  });
  const refused: string[] = [];
  const context = { refused: ({ reason }: { reason: string }) => void refused.push(reason) };
  const requests = new SignalingRequests(
    {
      signaling,
      mayConnect: () => true,
    },
    context as unknown as RequestContext,
    new RequestBodies({
      admission: Object.assign(Object.create(admission), { bodyBytes }) as Admission,
      limits: { requestTimeout: 10 },
    }),
  );
  const server = createServer(async (request, response) => {
    const answer = await requests.answer({ request, address: '' }, response);
    if ('stream' in answer) throw new Error('expected a whole answer');
    response.writeHead(answer.status).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const echo = async (size: number): Promise<number> => {
    const body = JSON.stringify({ method: 'echo', a: 'x'.repeat(size) });
    const answer = await fetch(url, { method: 'POST', body });
    await answer.text();
    return answer.status;
  };
  return { bodyBytes, refused, echo };
}

test('bodies of requests and answers are counted together until the answer is written', async () => {
  const { bodyBytes, refused, echo } = await setup();
  for (let i = 0; i < 5; i++) expect(await echo(45 * KIB)).toBe(200);
  expect(await echo(55 * KIB)).toBe(503);
  expect(refused).toEqual(['relay full']);
  expect(await echo(45 * KIB)).toBe(200);
  expect(bodyBytes.used).toBe(0);
});

test('a body above the limit is not read', async () => {
  const { bodyBytes, refused, echo } = await setup();
  bodyBytes.add('', 90 * KIB);
  expect(await echo(11 * KIB)).toBe(503);
  expect(await echo(4 * KIB)).toBe(200);
  expect(refused).toEqual(['relay full']);
});
