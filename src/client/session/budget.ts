/** Counts buffered bytes against a limit. One message larger than the limit is allowed in addition. */
export class Budget {
  readonly #limit: number;
  #bytes = 0;
  #oversized = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes + this.#oversized;
  }

  fits(bytes: number): boolean {
    return bytes > this.#limit ? this.#oversized === 0 : this.#bytes + bytes <= this.#limit;
  }

  add(bytes: number): void {
    this.#change(bytes, bytes);
  }

  remove(bytes: number): void {
    this.#change(bytes, -bytes);
  }

  #change(bytes: number, by: number): void {
    if (bytes > this.#limit) this.#oversized += by;
    else this.#bytes += by;
  }
}
