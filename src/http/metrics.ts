import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** What is counted while the relay runs anyway, and read only when somebody asks. */
export interface Counts {
  readonly rooms: number;
  readonly players: number;
}

/** A registry of its own, so that a program that has the relay inside keeps its metrics apart. */
export function metricsRegistry(counts: Counts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gauge(registry, 'lobby_relay_rooms', 'Rooms that can be reached by a code.', () => counts.rooms);
  gauge(registry, 'lobby_relay_players', 'Players in all rooms.', () => counts.players);
  return registry;
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
