/** English plurals and their singulars; every rule that fits applies. */
const SINGULARS: readonly (readonly [ending: RegExp, singular: string])[] = [
  [/mice$/, 'mouse'],
  [/geese$/, 'goose'],
  [/teeth$/, 'tooth'],
  [/feet$/, 'foot'],
  [/men$/, 'man'],
  [/children$/, 'child'],
  [/people$/, 'person'],
  [/dice$/, 'die'],
  [/ies$/, 'y'],
  [/ves$/, 'f'],
  [/ves$/, 'fe'],
  [/es$/, ''],
  [/s$/, ''],
];

/** Endings of related words: "fishing", "fished" and "fisher" belong to "fish". */
const STEM_ENDING = /(ing|ed|er)$/;

/** Shorter stems would match unrelated words: the stem of "bed" would be "b". */
const MIN_STEM = 3;

/**
 * The word, its possible singulars and its stems. Two words that share one of these are taken for
 * forms of the same word. All letters are lower case.
 */
export function forms(word: string): string[] {
  const singulars = SINGULARS.filter(([ending]) => ending.test(word)).map(([ending, singular]) =>
    word.replace(ending, singular),
  );
  const all = [word, ...singulars.filter((each) => each.length > 1)];
  const stems = all.map((each) => each.replace(STEM_ENDING, ''));
  return [...all, ...stems.filter((each) => each.length >= MIN_STEM)];
}
