import { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { Admission } from '../../../src/limits/admission.js';
import { CLOSE_REASONS, type CloseReason } from '../../../src/protocol/close-codes.js';
import {
  RemoteClients,
  type RemoteClientsParts,
} from '../../../src/server/cluster/remote-clients.js';
import type { Upgrade } from '../../../src/transport/acceptor.js';

const address = '192.0.2.1';

function setUp(connectionsPerAddress = 2, missesPerMinute = 3) {
  const limits = {
    maxConnections: 100,
    connectionsPerAddress,
    missesPerMinute,
    roomsPerMinute: 0,
    maxRooms: 100,
    heap: 2 ** 30,
    limitLoopback: false,
  };
  const refuse = vi.fn<(reason: CloseReason, upgrade: Upgrade) => void>();
  const parts = {
    admission: new Admission(limits, () => undefined),
    acceptor: { refuse },
    joins: { count() {} },
    log: { refused() {} },
  };
  const clients = new RemoteClients(parts as unknown as RemoteClientsParts);
  const socket = new Socket();
  const upgrade = { address, socket, request: { headers: {} } } as unknown as Upgrade;
  return { clients, refuse, socket, upgrade };
}

test('hosts whose rooms are being brought here count as connections of their address', async () => {
  const { clients, refuse, upgrade } = setUp();
  const finish: (() => void)[] = [];
  const take = () => new Promise<undefined>((resolve) => finish.push(() => resolve(undefined)));
  // Twice as many as for new clients, because these reconnect.
  const held = Array.from({ length: 4 }, () => clients.takeOver(upgrade, take, () => true));
  expect(await clients.takeOver(upgrade, take, () => true)).toBe(true);
  expect(refuse).toHaveBeenCalledExactlyOnceWith(CLOSE_REASONS.relayFull, upgrade);
  for (const each of finish) each();
  expect(await Promise.all(held)).toEqual([false, false, false, false]);
  const last = clients.takeOver(upgrade, take, () => true);
  finish.at(-1)?.();
  expect(await last).toBe(false);
});

test('every wrong token costs an attempt, the same one, too', async () => {
  const { clients, refuse, upgrade } = setUp();
  const take = vi.fn(async () => undefined);
  const attempt = () => clients.takeOver(upgrade, take, () => false);
  for (let at = 0; at < 3; at++) expect(await attempt()).toBe(false);
  expect(await attempt()).toBe(true);
  expect(refuse).toHaveBeenCalledExactlyOnceWith(CLOSE_REASONS.tooManyAttempts, upgrade);
  expect(take).toHaveBeenCalledTimes(3);
});

test.each([
  ['ends its connection', (socket: Socket) => void socket.push(null)],
  ['breaks its connection', (socket: Socket) => void socket.destroy()],
])('a host wants its room until it %s', async (_, leave) => {
  const { clients, socket, upgrade } = setUp();
  const wanted: boolean[] = [];
  const take = async (isWanted: () => boolean) => {
    wanted.push(isWanted());
    leave(socket);
    wanted.push(isWanted());
    return undefined;
  };
  await clients.takeOver(upgrade, take, () => true);
  expect(wanted).toEqual([true, false]);
  expect(Object.hasOwn(socket, 'push')).toBe(false);
});

test('a host that has ended its connection before does not want its room', async () => {
  const { clients, socket, upgrade } = setUp();
  socket.push(null);
  let isStillWanted = true;
  const take = async (isWanted: () => boolean) => {
    await new Promise(setImmediate);
    isStillWanted = isWanted();
    return undefined;
  };
  await clients.takeOver(upgrade, take, () => true);
  expect(isStillWanted).toBe(false);
});
