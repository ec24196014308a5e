import { readFileSync } from 'node:fs';

/** Linux counts processor time for others to read in hundredths of a second, on all machines. */
const TICKS = 100;

/**
 * The processor time of a process so far, its threads included, in seconds.
 *
 * @param {number} pid
 * @returns {{ user: number, system: number } | undefined} `undefined` where there is no /proc
 */
export function cpuOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // Behind the name, which may have spaces in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) / TICKS, system: Number(fields[12]) / TICKS };
}

/** How much memory of a process is resident, in bytes. */
export function rssOf(pid) {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
