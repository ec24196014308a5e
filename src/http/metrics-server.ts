import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Registry } from 'prom-client';
import { metrics, notFound } from './answer.js';

/**
 * Serves `/metrics`, and nothing else, on an address of its own.
 *
 * @param where `host:port`, or `port`
 * @returns what stops it
 */
export async function serveMetrics(where: string, registry: Registry): Promise<() => void> {
  const server = createServer(async ({ url }, response) => {
    const { status, headers, body } = url === '/metrics' ? await metrics(registry) : notFound();
    response.writeHead(status, headers).end(body);
  });
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(where) ?? [];
  server.listen({ port: Number(port), host: host?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1' });
  await once(server, 'listening');
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
