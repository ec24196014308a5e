import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const GENERATOR = fileURLToPath(new URL('../generator/main.js', import.meta.url));

/** Asks for enough file descriptors for 20,000 connections and more; there may be fewer. */
const RAISE_FILES = 'ulimit -n 65536 2>/dev/null || true';

/** File descriptors that a process needs besides those of its connections. */
const OTHER_FILES = 200;

/** How long a server may take until it listens, in milliseconds. */
const START = 20_000;

/** What a run may take besides the time that it is told to, in milliseconds. */
const RUN = 240_000;

const children = new Set();

// Nothing that was started here outlives this process, whatever ends it.
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

/** How many connections a process that is started here may have. */
export function connectionLimit() {
  const script = `${RAISE_FILES}; ulimit -n`;
  const limit = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) - OTHER_FILES;
}

/**
 * Starts a server, and waits until it listens.
 *
 * @param {object} server
 * @param {(port: number) => string[]} server.command of Node
 * @param {Record<string, string>} [server.env] besides this process's own
 * @param {number} [core] the one that it may use
 */
export async function startServer({ name, command, env }, core) {
  const port = await freePort();
  const child = start(command(port), core, ['ignore', 'ignore', 'inherit'], env);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  const end = performance.now() + START;
  while (!(await listens(port))) {
    if (ended) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}`);
    if (performance.now() > end) throw new Error(`${name} does not listen on port ${port}`);
    await sleep(20);
  }
  return {
    port,
    pid: child.pid,
    /** Whether it is still there. */
    get alive() {
      return !ended;
    },
    async stop() {
      if (ended) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/**
 * Runs the generator against a server.
 *
 * @param {string[]} args see `generator/main.js`
 * @returns {Promise<object>} what it prints; `failure` says what went wrong, if something did
 */
export async function generate({ port, pid }, args, core) {
  const sleepless = core === undefined ? [] : ['--sleepless'];
  const own = ['--port', String(port), '--pid', String(pid), ...sleepless];
  const child = start([GENERATOR, ...args, ...own], core, ['ignore', 'pipe', 'inherit']);
  const cut = setTimeout(() => child.kill('SIGKILL'), RUN);
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [code, signal] = await once(child, 'close');
  clearTimeout(cut);
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

function start(command, core, stdio, env = {}) {
  const node = [process.execPath, ...command];
  const program = core === undefined ? node : ['taskset', '-c', String(core), ...node];
  // One process id for all of it, because each of them hands over to the next.
  const script = `${RAISE_FILES}; exec "$@"`;
  const child = spawn('sh', ['-c', script, 'sh', ...program], {
    stdio,
    env: { ...process.env, ...env },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function freePort() {
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
