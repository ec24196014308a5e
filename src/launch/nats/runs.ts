import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsPackages } from './packages.js';

/** How long a relay may take to answer, in milliseconds. */
const ANSWER_TIMEOUT = 2000;

/** Finds out which relays are running. Each run of a relay answers requests on a subject with its id. */
export class Runs {
  readonly #connection: NatsConnection;
  readonly #packages: NatsPackages;

  constructor(connection: NatsConnection, packages: NatsPackages, ownRun: string) {
    this.#connection = connection;
    this.#packages = packages;
    connection.subscribe(subject(ownRun), {
      callback(error, message) {
        if (error === null) message.respond();
      },
    });
  }

  /** Whether the run has ended: nobody listens on its subject. A relay that answers too late is running. */
  async hasEnded(run: string): Promise<boolean> {
    try {
      await this.#connection.request(subject(run), undefined, { timeout: ANSWER_TIMEOUT });
      return false;
    } catch (error) {
      const { RequestError, NoRespondersError } = this.#packages.transport;
      if (error instanceof RequestError) return error.isNoResponders();
      return error instanceof NoRespondersError;
    }
  }
}

function subject(run: string): string {
  return `lobby-relay.run.${run}`;
}
