/** Long texts for the tests of windows. */

/** Words of dictionary definitions, which the shipped tokenizer spells in one to four pieces. */
const WORDS = (
  "a the of in with for that to large small animal bird tree king queen horse river mountain unbelievably walked " +
  "conductor electrical furniture medicine photograph theropod dinosaur Argentina skeleton government quickly, blue. " +
  "soft drinks; holding container musician ceremonial garment worn by priests"
).split(" ");

/** A text of so many words, which is another for each seed. */
export function longText(words: number, seed = 1): string {
  let state = seed;
  const next = () => (state = (state * 48271) % 2147483647);
  return Array.from({ length: words }, () => WORDS[next() % WORDS.length]).join(" ");
}
