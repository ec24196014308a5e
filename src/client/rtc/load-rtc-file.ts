import { loadFile } from '../load-file.js';

/** Loads the code for data channels from the file beside the SDK's. */
export function loadChannels(): Promise<typeof import('./channels.js')> {
  return loadFile('rtc.js');
}
