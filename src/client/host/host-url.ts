import { attempt } from '../browser.js';

/** The URL that a host is given. */
export interface HostUrl {
  readonly relay: string | URL;
  /** What lets a program open its room that the relay has started; `undefined` for other hosts. */
  readonly launch: string | undefined;
}

/**
 * Reads the URL of a relay, or the one that the relay gives to a program that it starts:
 * `LAUNCH_CREATE_URL`, such as `ws://127.0.0.1:8081/CREATE?launch=…`.
 */
export function readHostUrl(url: string | URL): HostUrl {
  const parsed = attempt(() => new URL(url));
  const launch = parsed?.searchParams.get('launch') ?? undefined;
  if (parsed === undefined || launch === undefined) return { relay: url, launch: undefined };
  return { relay: parsed.href.replace(/(\/CREATE)?\/*\?.*$/, ''), launch };
}
