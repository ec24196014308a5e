import { NatsError } from './nats-error.js';

/** The packages for NATS, which are loaded only if NATS is configured. */
export interface NatsPackages {
  readonly transport: typeof import('@nats-io/transport-node');
  readonly jetstream: typeof import('@nats-io/jetstream');
  readonly kv: typeof import('@nats-io/kv');
}

/** @throws {NatsError} if they are not installed */
export async function loadNats(): Promise<NatsPackages> {
  try {
    const [transport, jetstream, kv] = await Promise.all([
      import('@nats-io/transport-node'),
      import('@nats-io/jetstream'),
      import('@nats-io/kv'),
    ]);
    return { transport, jetstream, kv };
  } catch {
    const names = '@nats-io/transport-node @nats-io/jetstream @nats-io/kv';
    throw new NatsError(`NATS needs optional packages: npm install ${names}`);
  }
}
