import { onTestFinished } from 'vitest';
import { createRelay, type Relay, type RelayOptions } from '../../src/index.js';

export interface RunningRelay {
  readonly relay: Relay;
  readonly port: number;
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  /** `http://127.0.0.1:PORT` */
  readonly http: string;
}

/** What a relay in a test is not to notice: that the machine has much to do. */
export const CALM: RelayOptions = { maxLag: 0, maxHeap: 0 };

/** A relay on a free port of this machine, until the test is over. */
export async function startRelay(options: RelayOptions = {}): Promise<RunningRelay> {
  const relay = createRelay({ host: '127.0.0.1', port: 0, ...CALM, ...options });
  onTestFinished(() => relay.close());
  const { port } = await relay.listen();
  return { relay, port, url: `ws://127.0.0.1:${port}`, http: `http://127.0.0.1:${port}` };
}

/** What the relay says of a room to who asks for JSON. */
export async function roomInfo(http: string, code: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${http}/${code}`, { headers: { accept: 'application/json' } });
  return (await answer.json()) as Record<string, unknown>;
}

/** Waits until nobody can join: so much waits for the host that its players are not read. */
export async function nobodyCanJoin(http: string, code: string): Promise<void> {
  while ((await roomInfo(http, code))['accept_conns']);
}
