import type { Clock } from '../api.js';
import { attempt, type Broadcast, globals, randomMark } from '../browser.js';

/** How long another tab has to release a lock, or to say that it holds it, in milliseconds. */
const PATIENCE = 300;

/** The same if another tab probably holds the lock: it may be busy. */
const PATIENCE_IN_USE = 1_000;

/** Releases a lock. Calling it twice is harmless. */
export type Unlock = () => void;

/** `taken`: another tab holds the lock. `undefined`: this browser cannot tell. */
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
    const patience = isInUse ? PATIENCE_IN_USE : PATIENCE;
    const unlock = webLock(
      name,
      () => end(unlock),
      () => end(lockByBroadcast(name, clock, patience).catch(() => undefined)),
    );
    // A page that is closing may hold the lock a moment longer.
    const cancel = clock.after(PATIENCE, () => {
      unlock();
      resolve('taken');
    });
  });
}

/** Locks a name that is new, or that this page had locked before. */
export function hold(name: string): Unlock {
  let isWanted = true;
  let unlock = webLock(
    name,
    () => {},
    () => {
      if (isWanted) unlock = attempt(() => holdByBroadcast(name)) ?? unlock;
    },
  );
  return () => {
    isWanted = false;
    unlock();
  };
}

/**
 * @param granted is called, later, when this page has the lock
 * @param denied is called, later, if the browser has no Web Locks here
 * @returns releases the lock; before it is granted, gives it up
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
 * On the channel of a lock, a tab asks for it with a random positive number. The holder of the lock
 * answers with the negative of that number. If tabs ask at the same time, the lowest number wins.
 */

/** @throws any error if the browser denies it */
async function lockByBroadcast(name: string, clock: Clock, patience: number): Promise<LockResult> {
  const ticket = randomMark();
  return new Promise((resolve) => {
    let isHeld = false;
    const end = (result: LockResult): void => {
      cancel();
      close(channel);
      resolve(result);
    };
    const channel = join(name, (number) => {
      if (number > 0 && (isHeld || number > ticket)) return -number;
      if (!isHeld && (number > 0 || number === -ticket)) end('taken');
      return 0;
    });
    const cancel = clock.after(patience, () => {
      isHeld = true;
      resolve(() => close(channel));
    });
    if (!post(channel, ticket)) end(undefined);
  });
}

/** @throws any error if the browser denies it */
function holdByBroadcast(name: string): Unlock {
  const channel = join(name, (number) => Math.min(0, -number));
  return () => close(channel);
}

/**
 * @param answer returns the answer to a number; 0 for none
 * @throws any error if the browser denies it
 */
function join(name: string, answer: (number: number) => number): Broadcast {
  const channel = new globals.BroadcastChannel(name);
  channel.onmessage = ({ data }) => {
    const number = answer(Number(data));
    if (number < 0) post(channel, number);
  };
  return channel;
}

/** Posts a number. Returns whether the browser allows it. */
function post(channel: Broadcast, number: number): boolean {
  return attempt(() => channel.postMessage(number) === undefined) ?? false;
}

function close(channel: Broadcast): void {
  attempt(() => channel.close());
}
