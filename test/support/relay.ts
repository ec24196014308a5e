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

/** A relay on a free port of this machine, until the test is over. */
export async function startRelay(options: RelayOptions = {}): Promise<RunningRelay> {
  const relay = createRelay({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => relay.close());
  const { port } = await relay.listen();
  return { relay, port, url: `ws://127.0.0.1:${port}`, http: `http://127.0.0.1:${port}` };
}
