import type { FleetObserver, ServerEnd, ServerInfo } from '../launch/fleet-observer.js';
import type { LaunchLog } from '../launch/launch-log.js';
import type { NatsObserver } from '../launch/nats/nats-link.js';
import type { SafeLogger } from './safe-logger.js';

/** The log lines of game servers that the relay starts. Servers are shown by their id. */
export class LaunchLines implements FleetObserver, LaunchLog, NatsObserver {
  readonly #lines: SafeLogger;
  readonly #fault: (error: unknown) => void;

  constructor(lines: SafeLogger, fault: (error: unknown) => void) {
    this.#lines = lines;
    this.#fault = fault;
  }

  serverStarting(server: ServerInfo): void {
    this.#lines.writeBounded('info', fieldsOf(server), 'game server starting');
  }

  serverReady(server: ServerInfo, seconds: number): void {
    const fields = { ...fieldsOf(server), seconds: rounded(seconds) };
    this.#lines.writeBounded('info', fields, 'game server ready');
  }

  serverStopping(server: ServerInfo, reason: string): void {
    this.#lines.writeBounded('debug', { ...fieldsOf(server), why: reason }, 'game server stopping');
  }

  serverEnded(server: ServerInfo, { reason, how }: ServerEnd, seconds: number): void {
    const level = how === 'stopped' ? 'info' : 'warn';
    const fields = { ...fieldsOf(server), how, why: reason, seconds: rounded(seconds) };
    this.#lines.writeBounded(level, fields, 'game server ended');
  }

  serverOutput(server: string, line: string): void {
    this.#lines.write('debug', { server, line }, 'game server output');
  }

  serverOutputSuppressed(server: string, lines: number): void {
    this.#lines.writeBounded('debug', { server, lines }, 'game server output suppressed');
  }

  launcherFailed(game: string, server: string | undefined, reason: string): void {
    const fields = {
      ...(game !== '' && { game }),
      ...(server !== undefined && { server }),
      why: reason,
    };
    this.#lines.writeBounded('warn', fields, 'launcher failed');
  }

  natsLost(error: unknown): void {
    const message = 'NATS cannot be used; games continue, requests that need it are refused';
    this.#lines.writeBounded('error', { why: reasonOf(error) }, message);
  }

  natsRestored(): void {
    this.#lines.writeBounded('info', {}, 'NATS can be used again');
  }

  natsFailed(error: unknown): void {
    this.#lines.writeBounded('warn', { why: reasonOf(error) }, 'NATS request failed; trying again');
  }

  fault(error: unknown): void {
    this.#fault(error);
  }
}

function fieldsOf({ id, game }: ServerInfo): object {
  return { server: id, game: `${game.name}/${game.version}` };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
