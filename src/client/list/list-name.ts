/** @throws RangeError if no list can have this name */
export function checkListName(functionName: string, name: string): void {
  if (/^[\w.-]{1,64}$/.test(name)) return;
  throw new RangeError(`${functionName}: list: expected 1 to 64 characters of A-Z a-z 0-9 . _ -`);
}
