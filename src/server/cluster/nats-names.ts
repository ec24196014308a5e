import type { Options } from '../../options.js';

/** The prefix of all subjects of a cluster. */
export function prefixOf({ clusterName }: Options): string {
  return `lr.${clusterName}`;
}

/** The bucket of blocks, moves and nodes. */
export function codesBucketOf({ clusterName }: Options): string {
  return `lr_${clusterName}_codes`;
}

/** The bucket of rooms that wait. */
export function roomsBucketOf({ clusterName }: Options): string {
  return `lr_${clusterName}_rooms`;
}
