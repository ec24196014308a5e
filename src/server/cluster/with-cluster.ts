import { hostname } from 'node:os';
import { flagOf } from '../../options/describe.js';
import { OptionError } from '../../options/read.js';
import type { Options } from '../../options.js';
import type { Surroundings } from '../surroundings.js';
import { Cluster, type ClusterParts } from './cluster.js';

/**
 * What is different in a relay that is one of a cluster.
 *
 * @param connect connects to another bus than NATS
 * @throws {OptionError} if an option cannot be used in a cluster
 */
export function withCluster(options: Options, connect?: ClusterParts['connect']): Surroundings {
  if (options.workers !== 1) {
    throw new OptionError('--workers: not with --cluster yet; start a relay for each core instead');
  }
  const node = options.node || nameOfMachine();
  let cluster: Cluster | undefined;
  return {
    blocks: () => cluster?.codes.drawn ?? [],
    observer: {
      roomOpened: () => cluster?.roomOpened(),
      roomEnded: ({ identity }) => cluster?.roomEnded(identity.code),
    },
    bufferedBytes: () => cluster?.bufferedBytes ?? 0,
    ...(options.customCodes && {
      claimCode: (chosen, use) => cluster?.codes.claimChosen(chosen, use),
    }),
    othersOf(core, parts) {
      cluster = new Cluster({ ...parts, options, node, core, ...(connect && { connect }) });
      return cluster;
    },
  };
}

/** The name of the machine, as far as it can be part of a subject of NATS. */
function nameOfMachine(): string {
  const name = hostname()
    .replaceAll(/[^\w-]/g, '-')
    .slice(0, 64);
  if (name === '')
    throw new OptionError(`${flagOf('node')}: expected a name; the machine has none`);
  return name;
}
