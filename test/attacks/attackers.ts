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

/** An unused loopback address, so that limits of one attack do not affect another. */
export function freshAddress(): string {
  addresses++;
  return `127.0.${2 + (addresses >> 7)}.${1 + (addresses & 127)}`;
}

export interface From {
  /** The client's address. */
  readonly from?: string;
}

/** A host with a prepared room. */
export async function openRoom(
  relay: RelayProcess,
  {
    from = freshAddress(),
    query = '',
    maxPlayers = 8,
    hold,
    features = {},
    ...options
  }: RoomOptions = {},
): Promise<Host> {
  const host = await Host.connect(relay.url, query, { ...options, localAddress: from });
  onTestFinished(() => host.cut());
  const command = { cmd: 'prepare', max_players: maxPlayers, name: 'attack', ...features };
  host.command(hold === undefined ? command : { ...command, hold });
  const { key, resume } = await Promise.race([host.until('prepare_reply'), refused(host)]);
  return Object.assign(host, { code: key, token: resume });
}

export interface RoomOptions extends From, ClientOptions {
  readonly query?: string;
  readonly maxPlayers?: number;
  /** How long a disconnected host keeps its room, in seconds; if absent, the relay's default. */
  readonly hold?: number;
  /** Further fields of `prepare`. */
  readonly features?: object;
}

/** A player who has joined: the host has the event. */
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

/** The close of a WebSocket to this path that sends nothing. */
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

/** A TCP connection that ignores errors. */
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

/** Resolves when a socket is closed in any way. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** A WebSocket on raw bytes. It has received nothing if the connection was terminated. */
export async function upgrade(
  relay: RelayProcess,
  path: string,
  { headers = {}, ...from }: From & { readonly headers?: Record<string, string> } = {},
): Promise<RawClient> {
  const client = new RawClient(await openSocket(relay, from));
  client.closed.catch(() => {});
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(upgradeRequest(path, lines.join('')));
  const end = '\r\n\r\n';
  await Promise.race([client.until((bytes) => bytes.includes(end)), gone(client.socket)]);
  client.received = client.received.subarray(client.received.indexOf(end) + end.length);
  return client;
}

/** The answer to these bytes until the relay closes; empty if it terminates the connection. */
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

/**
 * The same for many connections of one address, which send these parts in turn and do not end.
 */
export async function answersTo(
  relay: RelayProcess,
  connections: number,
  ...parts: readonly string[]
): Promise<string[]> {
  const from = freshAddress();
  const sockets: Socket[] = [];
  while (sockets.length < connections) sockets.push(await openSocket(relay, { from }));
  const answers = sockets.map(async (socket) => {
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
    });
    await gone(socket);
    return answer;
  });
  for (const part of parts) for (const socket of sockets) if (socket.writable) socket.write(part);
  return Promise.all(answers);
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

/** In milliseconds. */
const MEASURE_EVERY = 20;

/** Waits until a measured value fulfils a condition. */
export async function eventually<T>(
  measure: () => T | Promise<T>,
  fits: (value: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = await measure();
    if (fits(value)) return value;
    if (performance.now() > deadline) throw new Error(`is still ${value}`);
    // What is measured needs the time that measuring takes.
    await new Promise((resolve) => setTimeout(resolve, MEASURE_EVERY));
  }
}
