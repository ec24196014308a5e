import { listen } from './browser.js';

/** An attempt that can be cancelled. */
interface Attempt {
  /** Rejects the promise with this reason. */
  cancel(reason: unknown): void;
}

/** Starts an attempt. A signal cancels it until the returned promise is settled. */
export function cancellable<Result>(
  signal: AbortSignal | undefined,
  start: (resolve: (result: Result) => void, reject: (error: unknown) => void) => Attempt,
): Promise<Result> {
  let ignore = (): void => {};
  const result = new Promise<Result>((resolve, reject) => {
    const attempt = start(resolve, reject);
    ignore = listen(
      () => signal,
      'abort',
      () => attempt.cancel(signal?.reason),
    );
  });
  return result.finally(() => ignore());
}
