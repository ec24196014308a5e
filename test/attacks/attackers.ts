import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type Closed, Host, Player } from '../support/clients.js';
import { RawClient, upgradeRequest } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';

export const KIB = 1024;
export const MIB = 1024 * KIB;

let addresses = 0;

/** A loopback address that nobody has attacked from, so that no attack pays for another. */
export function freshAddress(): string {
  addresses++;
  return `127.0.${2 + (addresses >> 7)}.${1 + (addresses & 127)}`;
}

export interface From {
  /** The address to come from. */
  readonly from?: string;
}

/** A host with a prepared room. */
export async function openRoom(
  relay: RelayProcess,
  { from = freshAddress(), query = '', maxPlayers = 8, ...options }: RoomOptions = {},
): Promise<Host> {
  const host = await Host.connect(relay.url, query, { ...options, localAddress: from });
  onTestFinished(() => host.cut());
  host.command({ cmd: 'prepare', max_players: maxPlayers, name: 'attack' });
  const { key } = await Promise.race([host.until('prepare_reply'), refused(host)]);
  host.code = key;
  return host;
}

export interface RoomOptions extends From, ClientOptions {
  readonly query?: string;
  readonly maxPlayers?: number;
}

/** A player whom the host has been told of. */
export async function joinRoom(
  relay: RelayProcess,
  host: Host,
  { from = freshAddress() }: From = {},
): Promise<Player & { id: number }> {
  const player = Player.connect(relay.url, host.code, { localAddress: from });
  onTestFinished(() => player.cut());
  const { player: id } = await Promise.race([host.until('player_joined'), refused(player)]);
  if (player.socket.readyState !== WebSocket.OPEN) await once(player.socket, 'open');
  return Object.assign(player, { id });
}

async function refused({ closed }: Host | Player): Promise<never> {
  const { code, reason } = await closed;
  throw new Error(`closed with ${code} ${reason}`);
}

/** How a WebSocket to this path ends, if all that it does is to wait. */
export function outcome(
  relay: RelayProcess,
  path: string,
  { from = freshAddress(), ...options }: From & ClientOptions = {},
): Promise<Closed> {
  const client = new Player(
    new WebSocket(`${relay.url}${path}`, { ...options, localAddress: from }),
    (message) => message,
  );
  onTestFinished(() => client.cut());
  return client.closed;
}

/** A bare connection, on which errors are nothing special. */
export async function openSocket(
  { port }: RelayProcess,
  { from = freshAddress() }: From = {},
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), gone(socket)]);
  return socket;
}

/** Resolves when a socket is closed, by whomever and however. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** A WebSocket made of bytes. It has received nothing if it was cut instead. */
export async function upgrade(
  relay: RelayProcess,
  path: string,
  options: From = {},
): Promise<RawClient> {
  const client = new RawClient(await openSocket(relay, options));
  client.closed.catch(() => {});
  client.write(upgradeRequest(path));
  const end = '\r\n\r\n';
  await Promise.race([client.until((bytes) => bytes.includes(end)), gone(client.socket)]);
  client.received = client.received.subarray(client.received.indexOf(end) + end.length);
  return client;
}

/** What comes back for these bytes until the relay closes; nothing if it cuts the line. */
export async function answerTo(
  relay: RelayProcess,
  bytes: string | Uint8Array,
  options: From = {},
): Promise<string> {
  const socket = await openSocket(relay, options);
  let answer = '';
  socket.on('data', (text) => {
    answer += text.toString('latin1');
  });
  socket.end(bytes);
  await gone(socket);
  return answer;
}

/** An HTTP request from an address. */
export async function get(
  { port }: RelayProcess,
  path: string,
  { from = freshAddress(), ...headers }: From & Record<string, string> = {},
): Promise<number> {
  const asked = request({
    port,
    host: '127.0.0.1',
    path,
    localAddress: from,
    headers,
    agent: false,
  });
  asked.end();
  const [answer] = await once(asked, 'response');
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode;
}

/** Waits until something measured has got where it should. */
export async function eventually<T>(
  measure: () => T | Promise<T>,
  fits: (value: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = await measure();
    if (fits(value)) return value;
    if (performance.now() > deadline) throw new Error(`is still ${value}`);
    // It may be this process in which something has to happen first.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
