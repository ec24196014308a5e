const EXPECTED = 'expected an origin such as https://game.example, got ';

/**
 * Returns a check of whether a page of an origin may connect. Requests without `Origin` are allowed:
 * they do not come from browsers.
 *
 * @param allowed origins, separated by commas; empty for all
 * @throws {Error} if an origin does not have the form that browsers send (RFC 6454 section 7)
 */
export function originCheck(allowed: string): (origin: string | undefined) => boolean {
  if (allowed === '') return () => true;
  const origins = new Set(allowed.split(',').map((origin) => origin.trim().toLowerCase()));
  for (const origin of origins) if (!isOrigin(origin)) throw new Error(EXPECTED + origin);
  return (origin) => origin === undefined || origins.has(origin.toLowerCase());
}

/** Sandboxed pages and local files send `null`. */
function isOrigin(text: string): boolean {
  if (text === 'null') return true;
  // `URL` does not know an origin for the schemes of apps, such as `capacitor:`.
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#@,\s]+$/.test(text);
}
