import { Secret } from '../../launch/config/secret.js';
import type { NatsAddress } from '../../launch/nats/connect.js';
import type { Options } from '../../options.js';

/** The NATS server of `--cluster`, whose URL may have a user and a password. */
export function natsAddress({ cluster, clusterCreds }: Options): NatsAddress {
  const url = new URL(cluster);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return {
    url: url.href,
    ...(username !== '' && { user: decodeURIComponent(username) }),
    ...(password !== '' && { password: new Secret(decodeURIComponent(password)) }),
    ...(clusterCreds !== '' && { credentials: clusterCreds }),
  };
}
