/** Runs jobs with the same name one after the other, in order. */
export class OneAtATime {
  readonly #last = new Map<string, Promise<void>>();

  async run(name: string, job: () => Promise<void>): Promise<void> {
    const earlier = this.#last.get(name);
    const done = earlier === undefined ? job() : earlier.then(job, job);
    this.#last.set(name, done);
    try {
      await done;
    } finally {
      if (this.#last.get(name) === done) this.#last.delete(name);
    }
  }
}
