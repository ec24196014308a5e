export const MAX_PORT = 65_535;

/** Whether a value is the number of a port. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_PORT;
}
