/** Signals that stop the relay, with the exit codes that shells report for them. */
const EXIT_BY_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof EXIT_BY_SIGNAL;

/**
 * How long further signals count as part of the first one, in milliseconds. One Ctrl+C may reach the
 * relay from the terminal and again from npm or a shell, even as another signal.
 */
const ONE_STOP = 1000;

/**
 * Calls `stop` at the first signal, and `stopNow` at one that comes more than a second later.
 *
 * @param now a clock in milliseconds
 */
export function onStopSignals(
  stop: (signal: StopSignal) => void,
  stopNow: (exitCode: number) => void,
  now: () => number = () => performance.now(),
): void {
  let since: number | undefined;
  const received = (signal: StopSignal): void => {
    if (since === undefined) {
      since = now();
      stop(signal);
    } else if (now() - since > ONE_STOP) {
      stopNow(EXIT_BY_SIGNAL[signal]);
    }
  };
  for (const signal of Object.keys(EXIT_BY_SIGNAL) as StopSignal[]) {
    process.on(signal, () => received(signal));
  }
}
