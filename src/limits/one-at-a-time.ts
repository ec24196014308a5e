/**
 * Runs jobs with the same name one after the other, in order: what one counts is known to the next. A job
 * that takes too long goes on, but the next one does not wait for it.
 */
export class OneAtATime {
  readonly #longest: number;
  readonly #last = new Map<string, Promise<void>>();

  /** @param longest how long jobs wait for the one before, in milliseconds */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Resolves, or rejects, with the job, or resolves when it has taken too long. */
  async run(name: string, job: () => Promise<void>): Promise<void> {
    const start = (): Promise<void> => within(this.#longest, job());
    const earlier = this.#last.get(name);
    const done = earlier === undefined ? start() : earlier.then(start, start);
    this.#last.set(name, done);
    try {
      await done;
    } finally {
      if (this.#last.get(name) === done) this.#last.delete(name);
    }
  }
}

async function within(time: number, job: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, time);
  });
  try {
    await Promise.race([job, late]);
  } finally {
    clearTimeout(timer);
  }
}
