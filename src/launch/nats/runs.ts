import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { NatsPackages } from './packages.js';

/** How long a relay may take to answer, in milliseconds. */
const ANSWER_TIME = 2000;

/** Which runs of relays go on: each answers to a subject with the start of its sessions' ids. */
export class Runs {
  readonly #connection: NatsConnection;
  readonly #packages: NatsPackages;
  readonly #subscription: Subscription;

  constructor(connection: NatsConnection, packages: NatsPackages, ownRun: string) {
    this.#connection = connection;
    this.#packages = packages;
    this.#subscription = connection.subscribe(subject(ownRun), {
      callback(error, message) {
        if (error === null) message.respond();
      },
    });
  }

  /** Whether nobody answers. A relay that answers too late goes on. */
  async isOver(run: string): Promise<boolean> {
    try {
      await this.#connection.request(subject(run), undefined, { timeout: ANSWER_TIME });
      return false;
    } catch (error) {
      const { RequestError, NoRespondersError } = this.#packages.transport;
      if (error instanceof RequestError) return error.isNoResponders();
      return error instanceof NoRespondersError;
    }
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }
}

function subject(run: string): string {
  return `lobby-relay.run.${run}`;
}
