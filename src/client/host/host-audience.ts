import type { UncheckedEvent } from './relay-event.js';
import type { Command } from './room-commands.js';

const MAX_CHOICES = 32;
const MAX_CHOICE_BYTES = 100;

export interface HostAudienceEffects {
  /** Sends a command to the relay; does nothing while the host is disconnected. */
  send(command: Command): void;
  /** Shows a poll to the audience; no choices end it. */
  show(choices: readonly string[]): void;
  counted(count: number): void;
  tally(counts: ReadonlyMap<string, number>): void;
}

/** The audience of a room, and its poll. */
export class HostAudience {
  /** How many viewers there are. */
  count = 0;
  readonly #effects: HostAudienceEffects;
  /** Those of the latest poll, also after its end. */
  #choices: readonly string[] = [];
  /** The command that the relay has not answered yet. */
  #unanswered: readonly string[] | undefined;

  constructor(effects: HostAudienceEffects) {
    this.#effects = effects;
  }

  /**
   * Asks the audience.
   *
   * @throws TypeError if it is no list of texts
   * @throws RangeError if there are too many or too long choices, none, or one twice
   */
  poll(choices: readonly string[]): void {
    checkChoices(choices);
    this.#choices = [...choices];
    this.#send(this.#choices);
  }

  endPoll(): void {
    this.#send([]);
  }

  /** Returns whether the event was one of the audience. */
  receive({ cmd, count, counts }: UncheckedEvent): boolean {
    if (cmd === 'audience') {
      this.count = Number(count);
      this.#effects.counted(this.count);
    } else if (cmd === 'tally' && Array.isArray(counts)) this.#tally(counts.map(Number));
    else return false;
    return true;
  }

  /** There is a new connection: the relay may not have got the last command. */
  repeat(): void {
    if (this.#unanswered !== undefined) this.#send(this.#unanswered);
  }

  #send(choices: readonly string[]): void {
    this.#unanswered = choices;
    this.#effects.show(choices);
    this.#effects.send({ cmd: 'poll', choices });
  }

  #tally(counts: readonly number[]): void {
    if (counts.length !== this.#choices.length) return;
    // Until the answer to a new poll, which is all zeros, a tally is one of the poll before.
    const isOld = (this.#unanswered?.length ?? 0) > 0 && counts.some((count) => count > 0);
    if (isOld) return;
    this.#unanswered = undefined;
    this.#effects.tally(new Map(this.#choices.map((choice, at) => [choice, counts[at] ?? 0])));
  }
}

function checkChoices(choices: readonly string[]): void {
  if (!Array.isArray(choices) || !choices.every((choice) => typeof choice === 'string')) {
    throw new TypeError('poll: expected a list of strings');
  }
  const lengths = choices.map((choice) => new TextEncoder().encode(choice).length);
  const isInBounds = choices.length > 0 && choices.length <= MAX_CHOICES;
  const areInBounds = lengths.every((length) => length > 0 && length <= MAX_CHOICE_BYTES);
  if (!isInBounds || !areInBounds || new Set(choices).size < choices.length) {
    throw new RangeError(
      `poll: expected 1 to ${MAX_CHOICES} different choices of 1 to ${MAX_CHOICE_BYTES} bytes`,
    );
  }
}
