// Rooms, viewers and waits for the measurements of bench/audience.js.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { pinnedCores } from './machine.js';
import { startServer } from './processes.js';
import { lobbyRelay } from './servers.js';

const HEAD_END = Buffer.from('\r\n\r\n');

/** A WebSocket that only counts received bytes. */
export class Viewer {
  received = 0;
  #expected = Number.POSITIVE_INFINITY;
  #done = () => {};
  #isOpen = false;

  constructor(port, path) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    this.closed = once(this.socket, 'close');
    this.closed.catch(() => {});
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.on('data', (data) => {
        if (this.#isOpen) return this.#receive(data);
        const end = data.indexOf(HEAD_END);
        if (end < 0) return;
        this.#isOpen = true;
        resolve();
        if (end + HEAD_END.length < data.length)
          this.#receive(data.subarray(end + HEAD_END.length));
      });
    });
  }

  receives(bytes) {
    return new Promise((resolve) => {
      this.#expected = this.received + bytes;
      this.#done = resolve;
    });
  }

  #receive(data) {
    this.received += data.length;
    if (this.received >= this.#expected) this.#done();
    // The room has ended.
    if (data[0] === 0x88) this.socket.destroy();
  }
}

/** A host with JSON and its room. */
export async function openRoom({ port }, features = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/CREATE?format=json`);
  const watchers = new Set();
  socket.on('message', (data) => {
    const event = JSON.parse(data);
    for (const watcher of watchers) watcher(event);
  });
  const host = {
    code: '',
    send: (command) => socket.send(JSON.stringify(command)),
    until: (condition) =>
      new Promise((resolve) => {
        const watcher = (event) => {
          if (!condition(event)) return;
          watchers.delete(watcher);
          resolve(event);
        };
        watchers.add(watcher);
      }),
  };
  await once(socket, 'open');
  const reply = host.until(({ cmd }) => cmd === 'prepare_reply');
  host.send({ cmd: 'prepare', max_players: 8, name: 'bench', ...features });
  host.code = (await reply).key;
  return host;
}

/** A room of one player, which gets one message after the other from its host. */
export async function pingRoom(relay) {
  const host = await openRoom(relay);
  const player = new WebSocket(`ws://127.0.0.1:${relay.port}/${host.code}`);
  await once(player, 'open');
  return { host, player };
}

/** How long messages of this room take while something happens. */
export async function observeWhile(room, action) {
  let isOver = false;
  const waits = [];
  const pings = (async () => {
    while (!isOver) waits.push(await ping(room));
  })();
  await action();
  isOver = true;
  await pings;
  return summary(waits);
}

export function observe(room, time) {
  return observeWhile(room, () => sleep(time));
}

async function ping({ host, player }) {
  const sent = performance.now();
  const arrival = once(player, 'message');
  host.send({ cmd: 'to_str', to: [1], data: 'ping' });
  await arrival;
  const wait = performance.now() - sent;
  await sleep(2);
  return wait;
}

function summary(waits) {
  waits.sort((a, b) => a - b);
  const at = (share) => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(1);
  return `${at(0.5)} ms at the median, p99 ${at(0.99)}, at most ${at(1)}`;
}

/** Seconds of CPU time. */
export function total({ user, system }) {
  return user + system;
}

/** Starts lobby-relay on a core of its own, with these options. */
export function start(...options) {
  const relay = lobbyRelay();
  const flags = ['--max-heap', '0', '--ping', '0', ...options];
  const command = (port) => [...relay.command(port), ...flags];
  return startServer({ ...relay, command }, pinnedCores()?.server);
}
