/** The URL of the relay that serves this page: `https://example.com/sketch` → `https://example.com/` */
export function relayUrl(): URL {
  return new URL('.', location.href);
}
