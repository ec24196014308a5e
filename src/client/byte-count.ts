/** A number of bytes that the relay tells; 0 if it is not one. */
export function toByteCount(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;
}
