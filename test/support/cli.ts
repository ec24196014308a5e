import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a user runs it, with only the given environment. */
export class Cli {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdout.on('data', (text) => {
      this.stdout += text;
    });
    child.stderr.on('data', (text) => {
      this.stderr += text;
    });
    this.exited = once(child, 'close').then(([code]) => ({
      code,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
    this.#child = child;
  }

  /** The first line of the log, when it is written. */
  async firstLine(): Promise<Record<string, unknown>> {
    await this.says('\n');
    return JSON.parse(this.stdout.split('\n')[0] ?? '');
  }

  /** Waits until stdout contains this text. */
  async says(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      await Promise.race([once(this.#child.stdout as Readable, 'data'), this.#failed()]);
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async #failed(): Promise<never> {
    const { code, stderr } = await this.exited;
    throw new Error(`ended with ${code}: ${stderr}`);
  }
}
