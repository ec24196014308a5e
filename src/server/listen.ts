import { once } from 'node:events';
import type { Server } from 'node:http';

/**
 * Connections that the kernel queues until they are accepted: enough for a hall full of phones. Linux
 * allows as many by default (`net.core.somaxconn`).
 */
const BACKLOG = 4096;

/** Where a relay listens. */
export interface ListenAddress {
  readonly address: string;
  /** The actual port, also if port 0 was requested. */
  readonly port: number;
}

/** Where this server listens; `undefined` if it does not, or not at a port. */
export function addressOf(server: Server): ListenAddress | undefined {
  const address = server.address();
  return address === null || typeof address === 'string' ? undefined : address;
}

/**
 * @returns `undefined` if the server is closed meanwhile
 * @throws the error that `net.Server` emits if it cannot listen
 */
export async function listen(
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<ListenAddress | undefined> {
  server.listen({ port, backlog: BACKLOG, ...(host !== '' && { host }) });
  const waiting = new AbortController();
  const { signal } = waiting;
  // A server that is closed before it listens emits no 'listening'.
  await Promise.race([once(server, 'listening', { signal }), once(server, 'close', { signal })]);
  waiting.abort();
  return addressOf(server);
}
