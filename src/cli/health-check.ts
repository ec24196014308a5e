#!/usr/bin/env node
import { isEverywhere, urlOf } from '../http/network-address.js';
import { parseOptions } from '../options/read.js';

/*
 * The image's HEALTHCHECK: exits with 0 if the relay in this container is alive. It reads the same
 * environment variables as the relay.
 */

const { host, port, tlsCert } = parseOptions({}, process.env);
const address = host === '' || isEverywhere(host) ? '127.0.0.1' : host;
// The certificate is valid for the relay's public name only.
if (tlsCert !== '') process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
const url = urlOf(tlsCert === '' ? 'http' : 'https', address, port);
const isAlive = await fetch(`${url}/health`).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(isAlive ? 0 : 1);
