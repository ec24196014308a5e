import type { GameConfig } from '../config/games.js';
import type { ContainerConfig } from '../config/launchers.js';
import { isPort } from '../is-port.js';
import type { ServerSpec } from '../launcher.js';
import { configuredVariables, fill, placeholdersOf } from '../placeholders.js';
import type { ContainerOptions, ContainerState } from './docker-engine.js';

/** The labels of a container: the relay that it belongs to, and the run of the relay. */
export const OWNER_LABEL = 'lobby-relay.owner';
export const RUN_LABEL = 'lobby-relay.run';

/** The relay that containers belong to. */
export interface Owner {
  readonly name: string;
  /** Different for each run of the relay. */
  readonly run: string;
}

/** The options of a container, which cannot gain privileges and is not restarted. */
export function containerOptions(
  game: GameConfig,
  config: ContainerConfig,
  spec: ServerSpec,
  owner: Owner,
): ContainerOptions {
  const values = placeholdersOf(game, spec);
  const variables = { ...spec.environment, ...configuredVariables(config.environment, values) };
  const { image, command, port, network, memory, processes } = config;
  const containerPort = portKey(config);
  // If the relay has assigned no port, the engine chooses one.
  const hostBindings = [{ HostPort: String(spec.port ?? '') }];
  return {
    Image: image,
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [OWNER_LABEL]: owner.name,
      [RUN_LABEL]: owner.run,
      'lobby-relay.server': spec.id,
      'lobby-relay.game': `${game.name}/${game.version}`,
    },
    ...(command !== undefined && { Cmd: command.map((text) => fill(text, values)) }),
    ...(port !== undefined && { ExposedPorts: { [containerPort]: {} } }),
    HostConfig: {
      ...(port !== undefined &&
        network !== 'host' && { PortBindings: { [containerPort]: hostBindings } }),
      ...(network !== undefined && { NetworkMode: network }),
      ...(memory !== undefined && { Memory: memory, MemorySwap: memory }),
      PidsLimit: processes,
      Init: true,
      RestartPolicy: { Name: 'no' },
      SecurityOpt: ['no-new-privileges'],
    },
  };
}

/** The port of this machine that is published for the container; `undefined` if there is none. */
export function publishedPort(state: ContainerState, config: ContainerConfig): number | undefined {
  const bindings: readonly { HostPort?: string }[] | undefined =
    state.NetworkSettings?.Ports?.[portKey(config)];
  const port = Number(bindings?.find(({ HostPort }) => HostPort)?.HostPort);
  return isPort(port) ? port : undefined;
}

function portKey({ port }: ContainerConfig): string {
  return port === undefined ? '' : `${port.number}/${port.protocol}`;
}
