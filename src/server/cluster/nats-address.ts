import { Secret } from '../../launch/config/secret.js';
import type { NatsAddress } from '../../launch/nats/connect.js';
import type { Options } from '../../options.js';

/** The NATS servers of `--cluster`. A user and a password in one of the URLs hold for all. */
export function natsAddress({ cluster, clusterCreds }: Options): NatsAddress {
  const urls = cluster.split(',').map((url) => new URL(url));
  const { username = '', password = '' } = urls.find((url) => url.username !== '') ?? {};
  for (const url of urls) {
    url.username = '';
    url.password = '';
  }
  return {
    url: urls.map(({ href }) => href).join(),
    ...(username !== '' && { user: decodeURIComponent(username) }),
    ...(password !== '' && { password: new Secret(decodeURIComponent(password)) }),
    ...(clusterCreds !== '' && { credentials: clusterCreds }),
  };
}
