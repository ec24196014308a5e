// The relay as a user runs it: the built command, in a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** From this level on a line of the log is a fault (pino's `error`). */
const FAULT = 50;

const START_TIME = 10_000;
const SCRAPE_TIME = 5_000;

export class RelayProcess {
  port = 0;
  #child;
  /** @type {Promise<number | null>} */
  #exited;

  /**
   * @param {readonly string[]} flags besides where to listen
   * @param {(reason: string) => void} violation is told of every fault that the relay logs, of what
   * it writes on stderr, and of its end if nobody asked for that
   */
  static async start(flags, violation) {
    const relay = new RelayProcess(flags, violation);
    await relay.#listening();
    return relay;
  }

  /**
   * @param {readonly string[]} flags
   * @param {(reason: string) => void} violation
   */
  constructor(flags, violation) {
    this.#child = spawn(process.execPath, [CLI, '--port', '0', '--host', '127.0.0.1', ...flags], {
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // However this process ends, as far as it can help it, the relay does not stay behind.
    process.once('exit', () => void this.#child.kill('SIGKILL'));
    createInterface(this.#child.stdout).on('line', (line) => {
      const { level, msg, port } = read(line);
      if (msg === 'listening') this.port = port;
      if (level >= FAULT) violation(`the relay logs ${line.slice(0, 500)}`);
    });
    createInterface(this.#child.stderr).on('line', (line) => {
      violation(`the relay says ${line.slice(0, 500)}`);
    });
    this.#exited = once(this.#child, 'exit').then(([code, signal]) => {
      if (!this.#child.killed) violation(`the relay ended by itself with ${code ?? signal}`);
      return code;
    });
  }

  get id() {
    return this.#child.pid;
  }

  /**
   * What the relay measures of itself, by name and labels as they are written.
   *
   * @returns {Promise<Map<string, number>>}
   */
  async metrics() {
    const signal = AbortSignal.timeout(SCRAPE_TIME);
    const answer = await fetch(`http://127.0.0.1:${this.port}/metrics`, { signal });
    const lines = [...(await answer.text()).matchAll(/^(\w+(?:\{.*?\})?) (\S+)/gm)];
    return new Map(lines.map(([, name = '', value]) => [name, Number(value)]));
  }

  /**
   * Asks the process to end, and after some time makes it.
   *
   * @param {number} grace in milliseconds
   * @returns the exit code; `null` if it had to be made
   */
  async stop(grace) {
    this.#child.kill('SIGTERM');
    const overdue = new AbortController();
    const late = setTimeout(grace, undefined, { signal: overdue.signal }).then(
      () => void this.#child.kill('SIGKILL'),
      () => {},
    );
    const code = await this.#exited;
    overdue.abort();
    await late;
    return code;
  }

  /** Ends the process as a crash does: it has no time for anything. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #listening() {
    const deadline = performance.now() + START_TIME;
    while (this.port === 0) {
      if (performance.now() > deadline) throw new Error('the relay does not listen');
      await setTimeout(20);
    }
  }
}

/** @param {string} line */
function read(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { level: FAULT };
  }
}
