/** A byte count from the relay; 0 if the value is not a positive integer. */
export function toByteCount(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;
}
