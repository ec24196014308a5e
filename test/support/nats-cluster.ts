import { jetstreamManager } from '@nats-io/jetstream';
import { freePort } from './free-port.js';
import { NatsServer } from './nats.js';

export type ThreeServers = [NatsServer, NatsServer, NatsServer];

/** Starts three nats-servers that are a cluster, in which JetStream has elected a leader. */
export async function startNatsCluster(): Promise<ThreeServers> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const servers = await Promise.all(
    routes.map((route, i) => {
      const own = ['-n', `server-${i}`, '--cluster', route];
      return NatsServer.start('-js', '--cluster_name', 'test', '--routes', routes.join(), ...own);
    }),
  );
  await whenJetStreamAnswers(servers[0] as NatsServer);
  return servers as ThreeServers;
}

/** Resolves when JetStream answers, and all servers of the cluster have joined it. */
async function whenJetStreamAnswers(server: NatsServer): Promise<void> {
  const connection = await server.connect();
  for (;;) {
    try {
      const manager = await jetstreamManager(connection, { timeout: 1000 });
      const { config } = await manager.streams.add({ name: 'probe', num_replicas: 3 });
      await manager.streams.delete(config.name);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
