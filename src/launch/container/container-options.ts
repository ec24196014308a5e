import type { GameConfig } from '../config/games.js';
import type { ContainerConfig } from '../config/launchers.js';
import type { Order } from '../launcher.js';
import { configuredVariables, fill, placeholdersOf } from '../placeholders.js';
import type { ContainerOptions, ContainerState } from './docker-engine.js';

/** The label by which a relay finds its containers, and the one of a run of the relay. */
export const OWNER_LABEL = 'lobby-relay.owner';
export const RUN_LABEL = 'lobby-relay.run';

/** The relay that containers belong to. */
export interface Owner {
  readonly name: string;
  /** Another one for each run of the relay. */
  readonly run: string;
}

/** The container for an order: it may get no more rights than it has, and is not started again. */
export function containerOptions(
  game: GameConfig,
  config: ContainerConfig,
  order: Order,
  owner: Owner,
): ContainerOptions {
  const values = placeholdersOf(game, order);
  const variables = { ...order.environment, ...configuredVariables(config.environment, values) };
  const { image, command, port, network, memory, processes } = config;
  const inside = portKey(config);
  // Without a port of the relay's, the engine chooses one.
  const outside = [{ HostPort: String(order.port ?? '') }];
  return {
    Image: image,
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [OWNER_LABEL]: owner.name,
      [RUN_LABEL]: owner.run,
      'lobby-relay.server': order.id,
      'lobby-relay.game': `${game.name}/${game.version}`,
    },
    ...(command !== undefined && { Cmd: command.map((text) => fill(text, values)) }),
    ...(port !== undefined && { ExposedPorts: { [inside]: {} } }),
    HostConfig: {
      ...(port !== undefined && network !== 'host' && { PortBindings: { [inside]: outside } }),
      ...(network !== undefined && { NetworkMode: network }),
      ...(memory !== undefined && { Memory: memory, MemorySwap: memory }),
      PidsLimit: processes,
      Init: true,
      RestartPolicy: { Name: 'no' },
      SecurityOpt: ['no-new-privileges'],
    },
  };
}

/** The port of this machine that leads to the container; `undefined` if there is none. */
export function publishedPort(state: ContainerState, config: ContainerConfig): number | undefined {
  const bindings: readonly { HostPort?: string }[] | undefined =
    state.NetworkSettings?.Ports?.[portKey(config)];
  const port = Number(bindings?.find(({ HostPort }) => HostPort)?.HostPort);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
}

function portKey({ port }: ContainerConfig): string {
  return port === undefined ? '' : `${port.number}/${port.protocol}`;
}
