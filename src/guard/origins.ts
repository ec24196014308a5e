const EXPECTED = 'expected an origin such as https://game.example, got ';

/**
 * Whether a page of this origin may connect.
 *
 * @param allowed origins with commas; empty for any
 * @returns a check; what sends no `Origin` is no browser, and may always
 * @throws {Error} if one is not as browsers send it (RFC 6454 section 7)
 */
export function originCheck(allowed: string): (origin: string | undefined) => boolean {
  if (allowed === '') return () => true;
  const origins = new Set(allowed.split(',').map((origin) => origin.trim().toLowerCase()));
  for (const origin of origins) if (!isOrigin(origin)) throw new Error(EXPECTED + origin);
  return (origin) => origin === undefined || origins.has(origin.toLowerCase());
}

/** `null` is what sandboxed pages and files send. */
function isOrigin(text: string): boolean {
  if (text === 'null') return true;
  // Schemes of apps, such as `capacitor:`, have no origin for `URL`.
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#@,\s]+$/.test(text);
}
