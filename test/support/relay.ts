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

/** Options that turn off overload detection, because the test machine may be busy. */
export const CALM: RelayOptions = { maxLag: 0, maxHeap: 0 };

/** Runs a relay on a free port of this machine until the test ends. */
export async function startRelay(options: RelayOptions = {}): Promise<RunningRelay> {
  const relay = createRelay({ host: '127.0.0.1', port: 0, ...CALM, ...options });
  onTestFinished(() => relay.close());
  const { port } = await relay.listen();
  return { relay, port, url: `ws://127.0.0.1:${port}`, http: `http://127.0.0.1:${port}` };
}

/** The JSON that the relay returns for a room. */
export async function roomInfo(http: string, code: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${http}/${code}`, { headers: { accept: 'application/json' } });
  return (await answer.json()) as Record<string, unknown>;
}

/** Waits until nobody can join, because the host's send buffer is full. */
export async function nobodyCanJoin(http: string, code: string): Promise<void> {
  while ((await roomInfo(http, code))['accept_conns']);
}
