import { OPTION_NAMES } from '../options.js';
import { closest } from './closest.js';
import { environmentOf } from './describe.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that the log mentions; it does not prevent the start. */
export interface EnvironmentNotice {
  readonly variable: string;
  readonly reason: 'service-link' | 'unknown';
  /** The variable that the user probably meant. */
  readonly meant?: string;
}

const PREFIX = 'LOBBY_RELAY_';

/**
 * Variables that Kubernetes and Docker links set in other containers, for a service whose name is or
 * begins with `lobby-relay`: `LOBBY_RELAY_SERVICE_HOST`,
 * `LOBBY_RELAY_SERVICE_PORT_HTTP`, `LOBBY_RELAY_PORT_8081_TCP_ADDR`, `LOBBY_RELAY_1_NAME`,
 * `LOBBY_RELAY_ENV_PATH`.
 */
const SERVICE_LINK =
  /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO|START|END|PORT_START|PORT_END))?|NAME|ENV_\w+)$/;

/** Whether the value is an address such as `tcp://10.96.12.7:8081` where a port is expected. */
export function isServiceAddress(variable: string, value: string): boolean {
  return variable.endsWith('PORT') && value.includes('://');
}

/**
 * Variables to mention in the log: those that are skipped because they contain the address of a
 * service, and unknown ones that look like options.
 */
export function environmentNotices(environment: Environment): EnvironmentNotice[] {
  const known = OPTION_NAMES.flatMap(environmentOf);
  const names = known.map((variable) => variable.replace(PREFIX, ''));
  return Object.entries(environment).flatMap(([variable, value = '']): EnvironmentNotice[] => {
    const isOption = known.includes(variable);
    if (isServiceAddress(variable, value))
      return isOption ? [{ variable, reason: 'service-link' }] : [];
    const isUnknown = variable.startsWith(PREFIX) && !isOption && !SERVICE_LINK.test(variable);
    if (!isUnknown) return [];
    const meant = closest(variable.slice(PREFIX.length), names);
    return [{ variable, reason: 'unknown', ...(meant && { meant: PREFIX + meant }) }];
  });
}
