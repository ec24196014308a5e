import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * The ports that {@link freePort} chooses from. They are below the range from which Linux takes a
 * port for `listen(0)` and for outgoing connections (32,768 on), so that no other test gets one by
 * chance between the moment it is found and the moment it is used.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_767;

/**
 * A port of 127.0.0.1 on which nothing listens: for programs that cannot listen on port 0, and for
 * tests of a server that is not there. The port of a server that has closed is not fit for these,
 * because another test may listen on it by then.
 */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** So many free ports that follow each other. */
export async function freePorts(count: number): Promise<number[]> {
  for (;;) {
    const first = randomInt(FIRST_PORT, LAST_PORT + 2 - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (!free.includes(false)) return ports;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
