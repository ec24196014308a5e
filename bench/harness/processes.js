import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const GENERATOR = fileURLToPath(new URL('../generator/main.js', import.meta.url));

/** Raises the limit of file descriptors, as far as allowed: 20,000 connections need 65,536. */
const RAISE_FILES = 'ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"';

/** File descriptors that a process needs besides those of its connections. */
const OTHER_FILES = 200;

/** How long a server may take until it listens, in milliseconds. */
const START_TIMEOUT = 20_000;

/** How much of the output of a server is kept, in characters. */
const MAX_LOG = 4000;

/** How long a run of the generator may take, in milliseconds. */
const RUN_TIMEOUT = 240_000;

const children = new Set();

// Ends all child processes with this process.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
]) {
  process.on(signal, () => process.exit(128 + number));
}

/** How many connections a child process may have. */
export function connectionLimit() {
  const script = `${RAISE_FILES}; ulimit -n`;
  const limit = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) - OTHER_FILES;
}

/** How many connections this process may have. */
export function ownConnectionLimit() {
  const { soft } = process.report.getReport().userLimits.open_files;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft - OTHER_FILES;
}

/**
 * Starts a server, and waits until it listens.
 *
 * @param {object} server
 * @param {(port: number) => string[]} server.command arguments of Node
 * @param {Record<string, string>} [server.env] additional environment variables
 * @param {number} [core] the core to use; any by default
 * @param {number} [at] the port to listen on; a free one by default
 */
export async function startServer({ name, command, env }, core, at) {
  const port = at ?? (await freePort());
  const child = start(command(port), core, ['ignore', 'pipe', 'inherit'], env);
  let log = '';
  child.stdout.on('data', (text) => {
    log = `${log}${text}`.slice(-MAX_LOG);
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  const end = performance.now() + START_TIMEOUT;
  while (!(await listens(port))) {
    if (ended) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}: ${log}`);
    if (performance.now() > end) throw new Error(`${name} does not listen on port ${port}`);
    await sleep(20);
  }
  return {
    port,
    pid: child.pid,
    /** Whether the process is running. */
    get alive() {
      return !ended;
    },
    /** Resolves when it has ended. */
    async stop(signal = 'SIGKILL') {
      if (ended) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

/**
 * Runs the generator against a server.
 *
 * @param {{ port: number, pid: number }} server that of hosts
 * @param {string[]} args see `generator/main.js`
 * @returns {Promise<object>} the figures that it prints; `failure` is the error, if there is one
 */
export async function generate({ port, pid }, args, core) {
  const sleepless = core === undefined ? [] : ['--sleepless'];
  const own = ['--port', String(port), '--pid', String(pid), ...sleepless];
  const child = start([GENERATOR, ...args, ...own], core, ['ignore', 'pipe', 'inherit']);
  const timer = setTimeout(() => child.kill('SIGKILL'), RUN_TIMEOUT);
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (signal !== null) return { failure: `the generator was ended by ${signal}` };
  try {
    const figures = JSON.parse(output);
    if (code === 0) return figures;
    const { lost, wrong, first } = figures;
    return { ...figures, failure: `${lost} lost, ${wrong} wrong; first: ${first}` };
  } catch {
    return { failure: `the generator ended with ${code}` };
  }
}

function start(command, core, stdio, env) {
  return startProgram([process.execPath, ...command], core, stdio, env);
}

/** Starts a program that ends with this process. */
export function startProgram(command, core, stdio, env = {}) {
  const program = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  // `exec` keeps the process id.
  const script = `${RAISE_FILES}; exec "$@"`;
  const child = spawn('sh', ['-c', script, 'sh', ...program], {
    stdio,
    env: { ...process.env, ...env },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port) {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
