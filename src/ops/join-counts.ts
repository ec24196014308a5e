import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';

/** `roomFull` → `room_full` */
const NAMES: ReadonlyMap<CloseReason, string> = new Map(
  Object.entries(CLOSE_REASONS).map(([name, reason]) => [
    reason,
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
);

/** Every possible result. All start at 0, because `increase()` misses the first event otherwise. */
const RESULTS = ['joined', ...NAMES.values(), 'other'];

/** Counts attempts to join by result. */
export class JoinCounts {
  readonly results = new Map<string, number>(RESULTS.map((result) => [result, 0]));

  /** @param refusal the reason, or `undefined` for a player who joined */
  count(refusal: CloseReason | undefined): void {
    const result = refusal === undefined ? 'joined' : (NAMES.get(refusal) ?? 'other');
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
  }
}
