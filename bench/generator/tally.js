/** What was verified, and what was not as it should be. */
export class Tally {
  /** Messages that came when they should, byte for byte. */
  verified = 0;
  /** Messages that were sent and never came. */
  lost = 0;
  /** Messages that were altered, out of order, doubled or misrouted, and everything else wrong. */
  wrong = 0;
  /** What was wrong first. */
  first = '';

  /** Whether all is well so far. */
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
