// The relay as a user runs it: the built command, in a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Log lines from this level on are faults (pino's `error`). */
const FAULT = 50;

/** More than a relay waits for NATS, in milliseconds. */
const START_TIME = 60_000;
const SCRAPE_TIME = 5_000;

export class RelayProcess {
  port = 0;
  #child;
  /** @type {Promise<number | null>} the exit code; `null` if it was killed */
  exited;

  /**
   * @param {readonly string[]} flags besides where to listen
   * @param {(reason: string) => void} violation reports every fault that the relay logs, its
   * output on stderr, and its end if it was not stopped
   * @param {(message: string) => boolean} [isExpected] is called with each message of the log, and says
   * whether it is none of these faults
   */
  static async start(flags, violation, isExpected = () => false) {
    const relay = new RelayProcess(flags, violation, isExpected);
    await relay.#listening();
    return relay;
  }

  /**
   * @param {readonly string[]} flags
   * @param {(reason: string) => void} violation
   * @param {(message: string) => boolean} isExpected
   */
  constructor(flags, violation, isExpected) {
    this.#child = spawn(process.execPath, [CLI, '--port', '0', '--host', '127.0.0.1', ...flags], {
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // The relay ends with this process, unless this process is killed.
    const kill = () => void this.#child.kill('SIGKILL');
    process.once('exit', kill);
    createInterface(this.#child.stdout).on('line', (line) => {
      const { level, msg, port } = read(line);
      if (msg === 'listening') this.port = port;
      if (!isExpected(msg) && level >= FAULT) violation(`the relay logs ${line.slice(0, 500)}`);
    });
    createInterface(this.#child.stderr).on('line', (line) => {
      violation(`the relay writes to stderr: ${line.slice(0, 500)}`);
    });
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      process.off('exit', kill);
      if (!this.#child.killed) violation(`the relay ended by itself with ${code ?? signal}`);
      return code;
    });
  }

  /** The ids of the relay's process and of its workers. */
  get processes() {
    return [this.#pid, ...childrenOf(this.#pid)];
  }

  get #pid() {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the relay has not started');
    return pid;
  }

  /**
   * The relay's metrics, by name and labels.
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
   * Ends the process with SIGTERM, and with SIGKILL if it does not end in time.
   *
   * @param {number} grace in milliseconds
   * @returns the exit code; `null` if it was killed
   */
  async stop(grace) {
    this.#child.kill('SIGTERM');
    const overdue = new AbortController();
    const late = setTimeout(grace, undefined, { signal: overdue.signal }).then(
      () => void this.#child.kill('SIGKILL'),
      () => {},
    );
    const code = await this.exited;
    overdue.abort();
    await late;
    return code;
  }

  /** Stops the process, so that it does nothing, until `resume`. */
  pause() {
    process.kill(this.#pid, 'SIGSTOP');
  }

  resume() {
    process.kill(this.#pid, 'SIGCONT');
  }

  /** Kills the process, as in a crash. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #listening() {
    const deadline = performance.now() + START_TIME;
    while (this.port === 0) {
      if (this.#child.exitCode !== null)
        throw new Error(`the relay ends with ${await this.exited}`);
      if (performance.now() > deadline) {
        this.#child.kill('SIGKILL');
        throw new Error('the relay does not listen');
      }
      await setTimeout(20);
    }
  }
}

/**
 * Only Linux tells.
 *
 * @param {number} pid
 */
function childrenOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
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
