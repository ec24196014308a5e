import { isVisible, listen } from '../../client/browser.js';

/**
 * Keeps the screen of this device on, where the browser can: only in secure contexts (W3C Screen Wake
 * Lock), so not over plain HTTP in a home network. A browser may refuse the lock, for example with a
 * low battery, and releases it while the page is hidden.
 *
 * @returns a function that lets the screen turn off again; calling it twice is harmless
 */
export function keepAwake(): () => void {
  let lock: Promise<WakeLockSentinel | undefined> = Promise.resolve(undefined);
  const renew = (): void => {
    if (isVisible()) lock = request(lock);
  };
  const stopListening = listen(() => document, 'visibilitychange', renew);
  renew();
  return () => {
    stopListening();
    void lock.then((held) => held?.release()).catch(() => {});
    lock = Promise.resolve(undefined);
  };
}

/** Never rejects. Requests no second lock while the earlier one is held. */
async function request(
  earlier: Promise<WakeLockSentinel | undefined>,
): Promise<WakeLockSentinel | undefined> {
  const held = await earlier;
  if (held?.released === false) return held;
  try {
    return await navigator.wakeLock.request('screen');
  } catch {
    return undefined;
  }
}
