import { readFileSync } from 'node:fs';

/** `/proc` counts CPU time in hundredths of a second, on all machines. */
const TICKS = 100;

/**
 * The CPU time of a process and its threads so far, in seconds.
 *
 * @param {number} pid
 * @returns {{ user: number, system: number } | undefined} `undefined` where there is no /proc
 */
export function cpuOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // After the name, which may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]) / TICKS, system: Number(fields[12]) / TICKS };
}

/** The resident memory of a process, in bytes. */
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
