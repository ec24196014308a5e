import { attempt } from '../browser.js';

/** The parts of a host's URL. */
export interface HostUrl {
  readonly relay: string | URL;
  /** Authorizes a program that the relay has started to open its room; `undefined` for other hosts. */
  readonly launch: string | undefined;
}

/**
 * Reads the URL of a relay, or `LAUNCH_CREATE_URL`, which the relay passes to the programs that it starts,
 * such as `ws://127.0.0.1:8081/CREATE?launch=…`.
 */
export function readHostUrl(url: string | URL): HostUrl {
  const parsed = attempt(() => new URL(url));
  const launch = parsed?.searchParams.get('launch') ?? undefined;
  if (parsed === undefined || launch === undefined) return { relay: url, launch: undefined };
  return { relay: parsed.href.replace(/(\/CREATE)?\/*\?.*$/, ''), launch };
}
