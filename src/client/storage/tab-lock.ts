import type { Clock } from '../api.js';
import { attempt, type Broadcast, globals, randomMark } from '../browser.js';

/** How long another tab may take to release a lock, or to report that it holds it, in milliseconds. */
const REPLY_TIMEOUT = 300;

/** The same if another tab probably holds the lock, and may be busy. */
const REPLY_TIMEOUT_IN_USE = 1_000;

/** Releases a lock. Calling it twice is harmless. */
export type Unlock = () => void;

/** `taken`: another tab holds the lock. `undefined`: the browser has no API for it. */
export type LockResult = Unlock | 'taken' | undefined;

/**
 * Locks a name for this page, among all tabs of the same origin, until it is released or the page is
 * closed. Pages without TLS, such as in a home network, have no Web Locks (W3C Web Locks, section 2):
 * they ask the other tabs over a `BroadcastChannel`.
 *
 * @param isInUse whether another tab probably holds the lock
 */
export function lock(name: string, clock: Clock, isInUse: boolean): Promise<LockResult> {
  return new Promise((resolve) => {
    const end = (result: LockResult | Promise<LockResult>): void => {
      cancel();
      resolve(result);
    };
    const timeout = isInUse ? REPLY_TIMEOUT_IN_USE : REPLY_TIMEOUT;
    const unlock = webLock(
      name,
      () => end(unlock),
      () => end(lockByBroadcast(name, clock, timeout).catch(() => undefined)),
    );
    // A page that is being closed may hold the lock a moment longer.
    const cancel = clock.after(REPLY_TIMEOUT, () => {
      unlock();
      resolve('taken');
    });
  });
}

/** Locks a name that no other page can have locked: it is new, or this page had locked it. */
export function lockOwn(name: string): Unlock {
  let isWanted = true;
  let unlock = webLock(
    name,
    () => {},
    () => {
      if (isWanted) unlock = attempt(() => lockOwnByBroadcast(name)) ?? unlock;
    },
  );
  return () => {
    isWanted = false;
    unlock();
  };
}

/**
 * @param granted is called asynchronously, when this page has the lock
 * @param denied is called asynchronously, if there are no Web Locks here
 * @returns a function that releases the lock, or cancels the request for it
 */
function webLock(name: string, granted: () => void, denied: () => void): Unlock {
  let unlock = (): void => {};
  const released = new Promise<void>((release) => {
    unlock = release;
  });
  const request = async (): Promise<unknown> =>
    globals.navigator.locks.request(name, () => {
      granted();
      return released;
    });
  request().catch(denied);
  return unlock;
}

/*
 * Each lock has a channel. A tab requests the lock by posting a random positive number. The holder of
 * the lock answers with the negative number. If tabs request it simultaneously, the lowest number wins.
 */

/** @throws any error if the browser denies the channel */
async function lockByBroadcast(name: string, clock: Clock, timeout: number): Promise<LockResult> {
  const ownNumber = randomMark();
  return new Promise((resolve) => {
    let isHeld = false;
    const end = (result: LockResult): void => {
      cancel();
      close(channel);
      resolve(result);
    };
    const channel = listenForRequests(name, (number) => {
      if (number > 0 && (isHeld || number > ownNumber)) return -number;
      if (!isHeld && (number > 0 || number === -ownNumber)) end('taken');
      return 0;
    });
    const cancel = clock.after(timeout, () => {
      isHeld = true;
      resolve(() => close(channel));
    });
    if (!post(channel, ownNumber)) end(undefined);
  });
}

/** @throws any error if the browser denies the channel */
function lockOwnByBroadcast(name: string): Unlock {
  const channel = listenForRequests(name, (number) => Math.min(0, -number));
  return () => close(channel);
}

/**
 * @param answer returns the answer to a posted number; 0 for none
 * @throws any error if the browser denies the channel
 */
function listenForRequests(name: string, answer: (number: number) => number): Broadcast {
  const channel = new globals.BroadcastChannel(name);
  channel.onmessage = ({ data }) => {
    const number = answer(Number(data));
    if (number < 0) post(channel, number);
  };
  return channel;
}

/** Posts a number. Returns false if the browser denies it. */
function post(channel: Broadcast, number: number): boolean {
  return attempt(() => channel.postMessage(number) === undefined) ?? false;
}

function close(channel: Broadcast): void {
  attempt(() => channel.close());
}
