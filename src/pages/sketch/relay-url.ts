/** The relay that has served this page: `https://example.com/sketch` → `https://example.com/` */
export function relayUrl(): URL {
  return new URL('.', location.href);
}
