import { isIP } from 'node:net';
import { isCertDigest } from './cert-digest.js';
import { isPort } from './is-port.js';
import type { ReadyReport } from './launched-servers.js';

const NOTHING: ReadyReport = { ip: undefined, port: undefined, certDigest: undefined };

/**
 * Reads the report of a server that is ready: `{"ip"?, "port"?, "cert_digest"?}`, or an empty body.
 * Other members are ignored.
 *
 * @throws {Error} one line with what is expected
 */
export function readReadyReport(body: Uint8Array): ReadyReport {
  if (body.length === 0) return NOTHING;
  const { ip, port, cert_digest: digest } = parse(body);
  if (isGiven(ip) && (typeof ip !== 'string' || isIP(ip) === 0)) {
    throw new Error('ip: expected an IPv4 or IPv6 address without brackets');
  }
  if (isGiven(port) && !isPort(port)) {
    throw new Error('port: expected a whole number from 1 to 65535');
  }
  if (isGiven(digest) && (typeof digest !== 'string' || !isCertDigest(digest))) {
    throw new Error('cert_digest: expected a SHA-256 digest in hex');
  }
  return {
    ip: isGiven(ip) ? String(ip) : undefined,
    port: isGiven(port) ? Number(port) : undefined,
    certDigest: isGiven(digest) ? withColons(String(digest)) : undefined,
  };
}

function parse(body: Uint8Array): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Error('expected JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error('expected an object');
  }
  return json as Record<string, unknown>;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function withColons(digest: string): string {
  return (digest.toLowerCase().match(/[\da-f]{2}/g) ?? []).join(':');
}
