import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { frame, OPCODE, type RawClient } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { type From, gone, upgrade } from './attackers.js';

/* Many clients of one address, which store nothing of what they receive. */

/** A client that counts received bytes. */
export class CountingClient {
  readonly raw: RawClient;
  /** Bytes received. */
  bytes = 0;
  #wake: () => void = () => {};

  constructor(raw: RawClient) {
    this.raw = raw;
    raw.socket.setNoDelay(true);
    raw.socket.removeAllListeners('data');
    raw.socket.on('data', ({ length }: Buffer) => {
      this.bytes += length;
      this.#wake();
    });
    raw.socket.on('close', () => this.#wake());
  }

  get isGone(): boolean {
    return this.raw.socket.closed;
  }

  /** Resolves when the kernel has accepted all bytes, or the socket is closed. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.raw.socket.write(bytes, () => resolve()));
  }

  /** Resolves when this many more bytes have arrived. */
  async receives(bytes: number): Promise<void> {
    const enough = this.bytes + bytes;
    while (this.bytes < enough && !this.isGone) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Disconnects without a close frame. */
  leave(): Promise<void> {
    this.raw.socket.destroy();
    return gone(this.raw.socket);
  }
}

export interface CountingHost extends CountingClient {
  readonly code: string;
}

/** A host with a prepared room, which gets messages as byte strings. */
export async function quietRoom(
  relay: RelayProcess,
  { from, hold = 0 }: From & { hold?: number },
): Promise<CountingHost> {
  const raw = await upgrade(
    relay,
    '/CREATE?format=json&bytes=1',
    from === undefined ? {} : { from },
  );
  onTestFinished(() => void raw.socket.destroy());
  const prepare = { cmd: 'prepare', max_players: 1000, name: 'x'.repeat(200), hold };
  raw.write(frame(OPCODE.text, JSON.stringify(prepare)));
  const received = await raw.until((bytes) => bytes.includes('prepare_reply'));
  const code = /"key":"(\w{4})"/.exec(received.toString('latin1'))?.[1] ?? '';
  return Object.assign(new CountingClient(raw), { code });
}

/** Connects players to a room, optionally with seat keys; 25 handshakes at a time. */
export async function quietPlayers(
  relay: RelayProcess,
  { code }: { code: string },
  count: number,
  { hasKeys = false, ...from }: From & { readonly hasKeys?: boolean },
): Promise<CountingClient[]> {
  const path = (): string => `/${code}${hasKeys ? `?seat=${randomUUID()}` : ''}`;
  const players: CountingClient[] = [];
  while (players.length < count) {
    const batch = Array.from({ length: Math.min(25, count - players.length) }, () =>
      upgrade(relay, path(), from),
    );
    players.push(...(await Promise.all(batch)).map((raw) => new CountingClient(raw)));
  }
  return players;
}

/** Disconnects all of them. No memory may be left afterwards. */
export async function allLeave(...clients: readonly CountingClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.leave()));
}

/** Repeats bytes, such as those of a frame. */
export function repeated(bytes: Uint8Array | readonly number[], count: number): Buffer {
  return Buffer.alloc(bytes.length * count, Buffer.from(bytes));
}
