import { Buffer } from 'node:buffer';

/** The most choices of a poll, and the longest choice in bytes of UTF-8. */
export const MAX_CHOICES = 32;
export const MAX_CHOICE_BYTES = 100;

/** What a poll expects as its choices, in words. */
export const CHOICES_FORMAT = `at most ${MAX_CHOICES} different texts of 1 to ${MAX_CHOICE_BYTES} bytes`;

/** Whether a poll can have these choices. */
export function areChoices(choices: readonly unknown[]): choices is readonly string[] {
  return (
    choices.length <= MAX_CHOICES &&
    new Set(choices).size === choices.length &&
    choices.every((choice) => typeof choice === 'string' && isChoice(choice))
  );
}

function isChoice(choice: string): boolean {
  const length = Buffer.byteLength(choice);
  return choice.isWellFormed() && length > 0 && length <= MAX_CHOICE_BYTES;
}
