/** Loads the code for data channels. The files for browsers have `load-rtc-file.ts` in its place. */
export function loadChannels(): Promise<typeof import('./channels.js')> {
  return import('./channels.js');
}
