/** Reports at most once a second, in the simplest way. */
class Pace {
  /** When the second after the last report ends. */
  end: number | undefined;
  /** Seconds that end at the same time end in the order in which they began. */
  since = 0;
  isDue = false;

  constructor(
    readonly clock: { now: number; paces: number },
    readonly report: () => void,
  ) {}

  changed(): void {
    if (this.end !== undefined) {
      this.isDue = true;
      return;
    }
    this.end = this.clock.now + 1000;
    this.since = ++this.clock.paces;
    this.report();
  }

  tick(): void {
    this.end = undefined;
    if (!this.isDue) return;
    this.isDue = false;
    this.changed();
  }

  stop(): void {
    this.end = undefined;
    this.isDue = false;
  }
}

interface ModelViewer {
  readonly visit: number;
  vote?: string;
}

/** The simplest model of an audience: it counts votes again for each tally. */
export class AudienceModel {
  now = 0;
  paces = 0;
  viewers: ModelViewer[] = [];
  choices: readonly string[] | undefined;
  isHostThere = true;
  /** The expected events and messages since the last comparison. */
  readonly hostReceives: object[] = [];
  readonly viewersHear = new Map<number, object[]>();
  readonly playerReceives: object[] = [];
  readonly most: number;
  #counts = new Pace(this, () => this.#tell(this.count));
  #tallies = new Pace(this, () => this.#tell(this.tally));

  constructor(most: number) {
    this.most = most;
  }

  get count(): object {
    return { cmd: 'audience', count: this.viewers.length };
  }

  get tally(): object | undefined {
    const counts = this.choices?.map(
      (choice) => this.viewers.filter(({ vote }) => vote === choice).length,
    );
    return counts && { cmd: 'tally', counts };
  }

  watch(visit: number): boolean {
    if (this.viewers.length >= this.most) return false;
    this.viewers.push({ visit });
    this.#counts.changed();
    return true;
  }

  leave(visit: number): void {
    const viewer = this.viewers.find((each) => each.visit === visit);
    if (viewer === undefined) return;
    this.viewers = this.viewers.filter((each) => each !== viewer);
    if (viewer.vote !== undefined) this.#tallies.changed();
    this.#counts.changed();
  }

  say(visit: number, words: string): void {
    const viewer = this.viewers.find((each) => each.visit === visit);
    if (viewer === undefined || !this.choices?.includes(words) || viewer.vote === words) return;
    viewer.vote = words;
    this.#tallies.changed();
  }

  poll(choices: readonly string[]): void {
    if (!this.isHostThere) return;
    const last = this.tally ?? { cmd: 'tally', counts: [] };
    this.#tallies.stop();
    for (const viewer of this.viewers) delete viewer.vote;
    this.choices = choices.length === 0 ? undefined : choices;
    this.#tell(this.tally ?? last);
  }

  send(audience: 'too' | 'only' | undefined, content: string): void {
    if (audience !== 'only') this.playerReceives.push({ text: content });
    if (audience === undefined) return;
    for (const { visit } of this.viewers) this.viewerReceives(visit, { text: content });
  }

  hostReturns(): void {
    this.isHostThere = true;
    this.#tell(this.count);
    this.#tell(this.tally);
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    const due = [this.#counts, this.#tallies].filter(({ end = Infinity }) => end <= this.now);
    for (const pace of due.sort((a, b) => (a.end ?? 0) - (b.end ?? 0) || a.since - b.since)) {
      pace.tick();
    }
  }

  restart(reason: object): void {
    for (const { visit } of this.viewers) this.viewerReceives(visit, reason);
    this.viewers = [];
    this.isHostThere = false;
    this.#counts.stop();
    this.#tallies.stop();
  }

  viewerReceives(visit: number, item: object): void {
    this.viewersHear.set(visit, [...(this.viewersHear.get(visit) ?? []), item]);
  }

  #tell(event: object | undefined): void {
    if (this.isHostThere && event !== undefined) this.hostReceives.push(event);
  }
}
