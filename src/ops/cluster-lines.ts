import type { SafeLogger } from './safe-logger.js';

const MANY_REMOTE =
  'more than a quarter of the clients are in rooms of other relays, where they cost twice as much: ' +
  'route them by letters, or set --node-url (see docs/cluster.md)';

/** The log lines of a relay in a cluster. */
export class ClusterLines {
  readonly #lines: SafeLogger;

  constructor(lines: SafeLogger) {
    this.#lines = lines;
  }

  /** @param how its name, its run, and in how many blocks of codes it draws */
  joined(how: { readonly node: string; readonly run: string; readonly blocks: number }): void {
    this.#lines.write('info', how, 'joined the cluster');
  }

  nodeSilent(run: string, node: string | undefined): void {
    this.#lines.writeBounded('warn', { run, node }, 'another relay is silent');
  }

  nodeBack(run: string, node: string | undefined): void {
    this.#lines.writeBounded('info', { run, node }, 'another relay is back');
  }

  nodeEnded(run: string, node: string | undefined): void {
    this.#lines.writeBounded('warn', { run, node }, 'another relay has ended');
  }

  linkBroken(run: string, reason: string): void {
    this.#lines.writeBounded('warn', { run, reason }, 'link to another relay broken');
  }

  blockLost(block: string): void {
    this.#lines.writeBounded('warn', { block }, 'another relay has claimed a block of codes');
  }

  /** @param remote how many of the players and viewers of this relay are in rooms of other relays */
  manyRemote(remote: number, clients: number): void {
    this.#lines.write('warn', { remote, clients }, MANY_REMOTE);
  }

  /** A host has resumed a room here that was at another run. */
  tookOver(room: number, from: string): void {
    this.#lines.writeBounded('info', { room, from }, 'took over a room of another relay');
  }

  movedAway(room: number, to: string): void {
    this.#lines.writeBounded('warn', { room, to }, 'another relay has taken over a room');
  }

  recordFailed(reason: string): void {
    this.#lines.writeBounded(
      'warn',
      { reason },
      'cannot write a room to NATS; no other relay could take it over now',
    );
  }

  /** After a reconnect. */
  notConfirmed(reason: string): void {
    this.#lines.writeBounded(
      'warn',
      { reason },
      'cannot write to NATS what it may have lost; trying again',
    );
  }

  notReplicated(reason: string): void {
    this.#lines.write(
      'warn',
      { reason },
      'NATS has fewer replicas than --cluster-replicas asks for',
    );
  }

  statusChanged(isConnected: boolean): void {
    if (isConnected) this.#lines.write('info', {}, 'connected to NATS again');
    else this.#lines.write('error', {}, 'connection to NATS lost; rooms of this relay go on');
  }
}
