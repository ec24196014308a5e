import { CLOSINGS, type Closing } from '../protocol/close-codes.js';

/** `roomFull` → `room_full` */
const NAMES: ReadonlyMap<Closing, string> = new Map(
  Object.entries(CLOSINGS).map(([name, closing]) => [
    closing,
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
);

/** How often players got in, and how often they did not, by the reason. */
export class JoinCounts {
  readonly results = new Map<string, number>([['joined', 0]]);

  /** @param refusal `undefined` for a player who got in */
  count(refusal: Closing | undefined): void {
    const result = refusal === undefined ? 'joined' : (NAMES.get(refusal) ?? 'other');
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
  }
}
