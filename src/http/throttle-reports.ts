/** The shortest time between two reports, in milliseconds. */
const INTERVAL = 10_000;

/**
 * Limits reports of an error that may occur thousands of times per second, such as accepting sockets
 * without free file descriptors, to one in ten seconds.
 */
export function throttleReports(report: (error: unknown) => void): (error: unknown) => void {
  let nextAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (now < nextAt) return;
    nextAt = now + INTERVAL;
    report(error);
  };
}
