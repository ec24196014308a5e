/** Where the rooms of all codes are. */
export class RoomIndex<Place> {
  readonly #places = new Map<string, Place>();
  readonly #counts = new Map<Place, number>();
  /** Codes of places that have failed, and that may still have their rooms when they are back. */
  readonly #uncertain = new Map<string, Place>();

  get size(): number {
    return this.#places.size;
  }

  find(code: string): Place | undefined {
    return this.#places.get(code);
  }

  add(code: string, place: Place): void {
    this.#uncertain.delete(code);
    if (this.#places.has(code)) return;
    this.#places.set(code, place);
    this.#counts.set(place, this.countAt(place) + 1);
  }

  /** Returns whether the code was there. */
  remove(code: string, place: Place): boolean {
    if (this.#places.get(code) !== place) return false;
    this.#places.delete(code);
    this.#counts.set(place, this.countAt(place) - 1);
    return true;
  }

  /** The place has failed. It will say which rooms it still has, as if they were new. */
  lost(place: Place): void {
    for (const code of this.codesAt(place)) this.#uncertain.set(code, place);
  }

  /**
   * The place has said which rooms it has after it had failed.
   *
   * @returns the codes of those that it does not have any more
   */
  restored(place: Place): string[] {
    const gone = [...this.#uncertain].filter(([, at]) => at === place).map(([code]) => code);
    for (const code of gone) {
      this.#uncertain.delete(code);
      this.remove(code, place);
    }
    return gone;
  }

  countAt(place: Place): number {
    return this.#counts.get(place) ?? 0;
  }

  codesAt(place: Place): string[] {
    return [...this.#places].filter(([, at]) => at === place).map(([code]) => code);
  }

  /** The codes that are somewhere else. */
  codesElsewhere(place: Place): string[] {
    return [...this.#places].filter(([, at]) => at !== place).map(([code]) => code);
  }
}
