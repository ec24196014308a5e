/*
 * Names and guesses are shown on somebody else's page: on one line, without characters that nobody
 * sees or that change the direction of the text around them.
 */

/** But for joiners, which emoji and Persian need, and tags, which the flag of Scotland needs. */
const INVISIBLE = /(?:(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\s])+/gu;

/** Some letters and symbols are blank, such as U+3164 and U+2800. */
const VISIBLE = /(?!\p{Default_Ignorable_Code_Point}|\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

/** Most code units for a character on the average: enough for any emoji, not for a pile of accents. */
const UNITS_PER_CHARACTER = 4;

/**
 * @param max in characters, as people count them: an emoji of several parts is one
 * @returns `""` if nothing of it is visible
 */
export function plainText(text: string, max: number): string {
  let kept = '';
  for (const character of characters(text.replace(INVISIBLE, ' ').trim()).slice(0, max)) {
    if (kept.length + character.length > max * UNITS_PER_CHARACTER) break;
    kept += character;
  }
  return VISIBLE.test(kept) ? kept.trim() : '';
}

/** The first character, as people count them. */
export function firstCharacter(text: string): string {
  return characters(text)[0] ?? '';
}

function characters(text: string): string[] {
  // Firefox has it since version 125; before that, an emoji of several parts may be cut.
  if (!('Segmenter' in Intl)) return [...text];
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
