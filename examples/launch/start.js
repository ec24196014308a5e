// Starts a relay with two games, and serves the page: node examples/launch/start.js [PORT]
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createRelay } from 'lobby-relay';

const page = readFileSync(new URL('index.html', import.meta.url));

// The relay passes it to game servers. Players never get it.
process.env.PING_KEY ??= randomBytes(32).toString('hex');

const relay = createRelay({
  launchConfig: fileURLToPath(new URL('launch.json', import.meta.url)),
  // Only this machine can play: launch.json tells players that servers are at 127.0.0.1.
  host: '127.0.0.1',
  // The start of a game server delays the relay on this machine: that is no overload.
  maxLag: 0,
});
const server = createServer((request, response) => {
  if (request.url !== '/') return relay.handleRequest(request, response);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page);
});
relay.attach(server);
server.listen(Number(process.argv[2] ?? 8081), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${server.address().port}`);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close();
    // Ends the game servers, too.
    await relay.close();
  });
}
