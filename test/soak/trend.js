// Whether a value grows during a run.

/** @typedef {{ minute: number; value: number }} Sample */

/**
 * The slope of the line that fits best (least squares), per minute.
 *
 * @param {readonly Sample[]} samples
 */
export function slope(samples) {
  const minute = mean(samples.map(({ minute }) => minute));
  const value = mean(samples.map(({ value }) => value));
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.minute - minute) * (sample.value - value);
    variance += (sample.minute - minute) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}

/**
 * The medians of the first and of the last third.
 *
 * @param {readonly Sample[]} samples
 */
export function thirds(samples) {
  const third = Math.ceil(samples.length / 3);
  const values = samples.map(({ value }) => value);
  return { first: median(values.slice(0, third)), last: median(values.slice(-third)) };
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
