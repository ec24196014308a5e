import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** Describes this machine: figures apply only to the machine on which they were measured. */
export function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    usable: availableParallelism(),
    memory: totalmem(),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
    load: load(),
    date: new Date().toISOString(),
  };
}

export function machineLine({ cpu, cores, memory, kernel, node, load, date }) {
  const gib = Math.round(memory / 2 ** 30);
  return `${date.slice(0, 16)}Z · ${cpu}, ${cores} cores, ${gib} GiB · ${kernel} · Node ${node} · load before: ${load}`;
}

/** A shorter description, for plots. */
export function machineNote({ cpu, cores, node, date }) {
  return `${cpu}, ${cores} cores · Node ${node} · ${date.slice(0, 10)}`;
}

/**
 * A core each for the server and the generator, which are not threads of the same physical core.
 *
 * @returns {{ server: number, generator: number } | undefined} `undefined` if there are no such cores
 */
export function pinnedCores() {
  const allowed = allowedCores();
  const [server] = allowed;
  const siblings = coreList(
    read(`/sys/devices/system/cpu/cpu${server}/topology/thread_siblings_list`),
  );
  const generator = allowed.find((core) => core !== server && !siblings.includes(core));
  return generator === undefined ? undefined : { server, generator };
}

/** The average number of runnable threads in the last minute. */
function load() {
  return read('/proc/loadavg').split(' ')[0] ?? '?';
}

function allowedCores() {
  try {
    const line = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
    return coreList(line.slice(line.lastIndexOf(':') + 1));
  } catch {
    return [];
  }
}

/** `0,2-4` → `[0, 2, 3, 4]` */
function coreList(text) {
  return text
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
