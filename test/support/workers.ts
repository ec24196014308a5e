import { readFileSync } from 'node:fs';
import { shareOf } from '../../src/rooms/code-share.js';
import { Cli } from './cli.js';
import { Host } from './clients.js';

/** A relay with several workers, as a user starts it. */
export class WorkersRelay {
  readonly cli: Cli;
  readonly workers: number;
  url = '';
  http = '';

  static async start(args: readonly string[] = [], workers = 2): Promise<WorkersRelay> {
    const relay = new WorkersRelay(args, workers);
    await relay.cli.says('"listening"');
    const line = relay.lines.find(({ msg }) => msg === 'listening');
    relay.url = `ws://127.0.0.1:${line?.['port']}`;
    relay.http = `http://127.0.0.1:${line?.['port']}`;
    return relay;
  }

  private constructor(args: readonly string[], workers: number) {
    this.workers = workers;
    const local = ['--host', '127.0.0.1', '--port', '0', '--max-lag', '0'];
    this.cli = new Cli([...local, '--workers', `${workers}`, ...args]);
  }

  /** The lines of the log so far. */
  get lines(): Record<string, unknown>[] {
    const lines = this.cli.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  /** The process ids of the running workers, in the order in which they started. */
  get processes(): number[] {
    const { pid } = this.cli;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.trim().split(' ').filter(Boolean).map(Number);
  }

  /** The number of the worker that draws this code. */
  workerOf(code: string): number {
    return shareOf(code, this.workers) + 1;
  }

  /** Opens rooms until each worker has one. */
  async hostOnEach(options: Parameters<typeof Host.open>[1] = {}): Promise<Host[]> {
    const hosts: Host[] = [];
    while (hosts.filter(Boolean).length < this.workers) {
      const host = await Host.open(this.url, options);
      hosts[this.workerOf(host.code) - 1] ??= host;
    }
    return hosts;
  }
}
