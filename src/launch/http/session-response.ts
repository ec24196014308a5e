import { isIP } from 'node:net';
import { isPort } from '../is-port.js';
import type { ServerAddress } from '../launcher.js';

/** The state of a session at the service. */
export interface SessionState {
  /** The status in English, such as `Deploying`. */
  readonly status: string;
  readonly isReady: boolean;
  readonly hasFailed: boolean;
  /** `undefined` if there is no valid one. */
  readonly address: ServerAddress | undefined;
}

/** The longest text of the service that is used, in characters. */
const MAX_TEXT = 200;

/** The longest id of a session, in characters. */
const MAX_ID = 200;

/** The id in the response to a request for a session; `undefined` if there is no valid one. */
export function sessionIdIn(json: unknown): string | undefined {
  const id = memberOf(json, 'session_id');
  if (typeof id !== 'string' || id.length > MAX_ID) return undefined;
  // In a URL, `.` and `..` would be resolved.
  return ['', '.', '..'].includes(id) ? undefined : id;
}

/** The message of the service's error, on one line; `undefined` if there is none. */
export function messageIn(json: unknown): string | undefined {
  return textOf(memberOf(json, 'message'));
}

/**
 * @param portName the game's port among those of the deployment; `undefined` for the only one
 */
export function sessionStateIn(json: unknown, portName: string | undefined): SessionState {
  const status = textOf(memberOf(json, 'status')) ?? 'Starting';
  const deployment = memberOf(json, 'deployment');
  return {
    status,
    isReady: memberOf(json, 'ready') === true,
    hasFailed: /^error\b/i.test(status),
    address: addressIn(deployment, portName),
  };
}

function addressIn(deployment: unknown, portName: string | undefined): ServerAddress | undefined {
  const ip = memberOf(deployment, 'public_ip');
  const ports = memberOf(deployment, 'ports');
  const all = typeof ports === 'object' && ports !== null ? Object.keys(ports) : [];
  const name = portName ?? (all.length === 1 ? all[0] : undefined);
  const port = name === undefined ? undefined : memberOf(memberOf(ports, name), 'external');
  if (typeof ip !== 'string' || isIP(ip) === 0 || !isPort(port)) return undefined;
  return { ip, port, certDigest: undefined };
}

/** An own member of an object; `undefined` if the value is not an object. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** Printable text with a limited length; `undefined` if there is none. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value
    .slice(0, MAX_TEXT)
    .replace(/[^\P{C}]/gu, ' ')
    .trim();
  return text === '' ? undefined : text;
}
