import { listen } from './browser.js';

/** An attempt that can be given up. */
interface Attempt {
  /** Gives up, and rejects the promise with this reason. */
  cancel(reason: unknown): void;
}

/** A promise for an attempt, which a signal cancels as long as the promise is not settled. */
export function cancellable<Result>(
  signal: AbortSignal | undefined,
  begin: (resolve: (result: Result) => void, reject: (error: unknown) => void) => Attempt,
): Promise<Result> {
  let ignore = (): void => {};
  const result = new Promise<Result>((resolve, reject) => {
    const attempt = begin(resolve, reject);
    ignore = listen(
      () => signal,
      'abort',
      () => attempt.cancel(signal?.reason),
    );
  });
  return result.finally(() => ignore());
}
