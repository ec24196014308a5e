import { hostname } from 'node:os';
import { RemoteShare } from '../../ops/remote-share.js';
import { flagOf } from '../../options/describe.js';
import { OptionError } from '../../options/read.js';
import type { Options } from '../../options.js';
import type { Core } from '../core.js';
import type { OthersParts, Surroundings } from '../surroundings.js';
import { Cluster, type ClusterParts } from './cluster.js';

/** How often to check how many clients are in rooms of other relays, in milliseconds. */
const SHARE_INTERVAL = 5000;

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
      const joined = new Cluster({ ...parts, options, node, core, ...(connect && { connect }) });
      cluster = joined;
      const share = new RemoteShare();
      const check = (): void => warnOfMany(share, joined, core, parts);
      setInterval(check, SHARE_INTERVAL).unref();
      return joined;
    },
  };
}

/** Warns if many clients of this relay are in rooms of other relays. */
function warnOfMany(
  share: RemoteShare,
  { clients }: Cluster,
  core: Core,
  parts: OthersParts,
): void {
  const { player, viewer } = core.acceptor.connections.counts;
  const all = player + viewer;
  if (share.isDue(clients.edge, all, performance.now())) {
    parts.log.cluster.manyRemote(clients.edge, all);
  }
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
