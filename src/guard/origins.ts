/**
 * Whether a page of this origin may connect.
 *
 * @param allowed origins with commas; empty for any
 * @returns a check; what sends no `Origin` is no browser, and may always
 */
export function originCheck(allowed: string): (origin: string | undefined) => boolean {
  if (allowed === '') return () => true;
  const origins = new Set(allowed.split(',').map((origin) => origin.trim().toLowerCase()));
  return (origin) => origin === undefined || origins.has(origin.toLowerCase());
}
