import type { SafeLogger } from './safe-logger.js';

/** The log lines of a relay in a cluster. */
export class ClusterLines {
  readonly #lines: SafeLogger;

  constructor(lines: SafeLogger) {
    this.#lines = lines;
  }

  /** @param blocks how many blocks of codes it draws */
  joined(node: string, blocks: number): void {
    this.#lines.write('info', { node, blocks }, 'joined the cluster');
  }

  nodeSilent(run: string): void {
    this.#lines.writeBounded('warn', { run }, 'another relay is silent');
  }

  nodeBack(run: string): void {
    this.#lines.writeBounded('info', { run }, 'another relay is back');
  }

  nodeEnded(run: string): void {
    this.#lines.writeBounded('warn', { run }, 'another relay has ended');
  }

  linkBroken(run: string, reason: string): void {
    this.#lines.writeBounded('warn', { run, reason }, 'link to another relay broken');
  }

  blockLost(block: string): void {
    this.#lines.writeBounded('warn', { block }, 'another relay has claimed a block of codes');
  }

  statusChanged(isConnected: boolean): void {
    if (isConnected) this.#lines.write('info', {}, 'connected to NATS again');
    else this.#lines.write('error', {}, 'connection to NATS lost; rooms of this relay go on');
  }
}
