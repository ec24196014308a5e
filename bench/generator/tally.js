/** Counts verified messages and errors. */
export class Tally {
  /** Messages that arrived in order and unaltered. */
  verified = 0;
  /** Messages that never arrived. */
  lost = 0;
  /** Messages that were altered, out of order, duplicated or misrouted, and other errors. */
  wrong = 0;
  /** The first error. */
  first = '';

  /** Whether there was no error so far. */
  get clean() {
    return this.lost === 0 && this.wrong === 0;
  }

  lose(count, what) {
    this.lost += count;
    if (this.first === '') this.first = `${count} lost: ${what}`;
  }

  error(what) {
    this.wrong++;
    if (this.first === '') this.first = what;
  }
}
