import { readFileSync } from 'node:fs';
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../config/launch-config.js';
import { NatsError } from './nats-error.js';
import type { NatsPackages } from './packages.js';

/** How long connecting and each request may take, in milliseconds. */
export const NATS_TIMEOUT = 5000;

/** How often a server that sends nothing is pinged, in milliseconds. */
const PING_INTERVAL = 10_000;

/** Where NATS is, one URL or several with commas between, and how to log in. */
export type NatsAddress = Pick<NatsConfig, 'url'> & Partial<NatsConfig>;

/**
 * Connects to NATS. The connection is restored whenever it is lost.
 *
 * @param options beyond those of the configuration
 * @throws {NatsError} if the first attempt fails
 */
export async function connectNats(
  { transport }: NatsPackages,
  config: NatsAddress,
  options: Pick<
    ConnectionOptions,
    'name' | 'pingInterval' | 'reconnectJitter' | 'reconnectTimeWait'
  > = {},
): Promise<NatsConnection> {
  try {
    return await transport.connect({
      servers: config.url.split(','),
      name: 'lobby-relay',
      timeout: NATS_TIMEOUT,
      pingInterval: PING_INTERVAL,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      ...login(transport, config),
      ...tls(config),
      ...options,
    });
  } catch (error) {
    throw new NatsError(`cannot connect to NATS at ${config.url}: ${reasonOf(error)}`);
  }
}

/** The message of an error, on one line. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : message;
  return reason.replaceAll(/\s+/g, ' ').slice(0, 200);
}

function login(
  transport: NatsPackages['transport'],
  { user, password, credentials }: NatsAddress,
): ConnectionOptions {
  if (credentials !== undefined) {
    return { authenticator: transport.credsAuthenticator(readFileSync(credentials)) };
  }
  if (user === undefined) return {};
  return { user, ...(password !== undefined && { pass: password.reveal() }) };
}

function tls({ url, tls: files }: NatsAddress): ConnectionOptions {
  if (files === undefined && !url.startsWith('tls:')) return {};
  const { ca, cert, key } = files ?? {};
  return {
    tls: {
      ...(ca !== undefined && { caFile: ca }),
      ...(cert !== undefined && { certFile: cert }),
      ...(key !== undefined && { keyFile: key }),
    },
  };
}
