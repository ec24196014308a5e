import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { NATS_TIMEOUT, reasonOf } from './connect.js';
import { NatsError } from './nats-error.js';
import type { NatsPackages } from './packages.js';
import { retry } from './retry.js';

/** The names of the buckets. */
export type Bucket =
  | 'sessions_ly2eg'
  | 'sessions_eg2ly'
  | 'active_connections'
  | 'unclaimed_sessions'
  | 'cert_digests';

interface BucketLimits {
  readonly description: string;
  /** How long entries last, in seconds; for ever by default. */
  readonly seconds?: number;
  /** The largest value, in bytes. */
  readonly valueBytes?: number;
}

/**
 * Every game server creates these buckets when it starts, and ends if they exist with other settings. So
 * the settings are exactly those of Bevygap 0.2, including the descriptions.
 */
const BUCKETS: Readonly<Record<Bucket, BucketLimits>> = {
  sessions_ly2eg: {
    description: 'Maps Lightyear Client IDs to Edgegap Session IDs',
    seconds: 30,
    valueBytes: 1024,
  },
  sessions_eg2ly: {
    description: 'Maps Edgegap Session IDs to Lightyear Client IDs',
    seconds: 30,
    valueBytes: 1024,
  },
  active_connections: { description: '' },
  unclaimed_sessions: {
    description:
      'Any session ids we get from the API are stored here, and if they key age gets too big, we delete the session via the API.',
    valueBytes: 1024,
  },
  cert_digests: {
    description: 'Maps server public ip to their self-signed cert digests',
    seconds: 14 * 24 * 60 * 60,
    valueBytes: 1024,
  },
};

const NANOSECONDS = 1_000_000_000;

/** The error of JetStream for a stream that exists with other settings. */
const OTHER_SETTINGS = 10_058;

/** The stream of a bucket with the settings of the Rust client: the JavaScript client would allow deletion. */
function bucketStream(bucket: Bucket): StreamSettings {
  const { description, seconds = 0, valueBytes } = BUCKETS[bucket];
  return {
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    description,
    max_msgs_per_subject: 1,
    max_age: seconds * NANOSECONDS,
    ...(valueBytes !== undefined && { max_msg_size: valueBytes }),
    storage: 'file',
    discard: 'new',
    num_replicas: 1,
    allow_rollup_hdrs: true,
    allow_direct: true,
    deny_delete: true,
    deny_purge: false,
  };
}

/** The queue of sessions that Bevygap's matchmaker deletes. The relay creates it, but does not use it. */
const DELETE_QUEUE: StreamSettings = {
  name: 'DELETE_SESSION_STREAM',
  subjects: ['edgegap_delete_session_q.*'],
  retention: 'workqueue',
  storage: 'file',
  num_replicas: 1,
};

type StreamSettings = Partial<StreamConfig> & { readonly name: string };

/**
 * Creates the buckets and the queue, if they do not exist.
 *
 * @throws {NatsError} if one of them exists with other settings, or cannot be created
 */
export async function ensureStreams(
  connection: NatsConnection,
  packages: NatsPackages,
): Promise<JetStreamManager> {
  const { jetstream } = packages;
  const jsm = await manager(connection, packages);
  const all = [...(Object.keys(BUCKETS) as Bucket[]).map(bucketStream), DELETE_QUEUE];
  for (const settings of all) {
    try {
      await jsm.streams.add(settings);
    } catch (error) {
      const isOther = error instanceof jetstream.JetStreamApiError && error.code === OTHER_SETTINGS;
      const reason = isOther
        ? 'it exists with other settings than those of Bevygap'
        : reasonOf(error);
      throw new NatsError(`cannot use the stream ${settings.name} of NATS: ${reason}`);
    }
  }
  return jsm;
}

/** @throws {NatsError} if JetStream is not available */
async function manager(
  connection: NatsConnection,
  { jetstream, transport }: NatsPackages,
): Promise<JetStreamManager> {
  try {
    return await retry(
      () => jetstream.jetstreamManager(connection, { timeout: NATS_TIMEOUT }),
      (error) => error instanceof transport.TimeoutError,
    );
  } catch (error) {
    throw new NatsError(
      `cannot use JetStream of NATS at ${connection.getServer()}: ${reasonOf(error)}`,
    );
  }
}
