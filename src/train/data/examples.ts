/** What examples of each task hold. */

/** What examples are for: the head that learns from them. */
export type DataTask = "mlm" | "classify" | "tag" | "choose";

/** Of `mlm`: a text, some of whose words are masked. */
export interface TextExample {
  /** The text. */
  text: string;
}

/** The label of an example: the name of a class, its number, or of regression a number. */
export type Label = string | number;

/** Of `classify`: a text or a pair with its label, or a list of labels if there may be several. */
export interface LabelledExample {
  /** The text, or the first one of a pair. */
  text: string;
  /** The second text. */
  text_pair?: string;
  /** Its label, or its labels. */
  label: Label | readonly Label[];
}

/** Of `tag`: the words of a sentence, and a tag for each. */
export interface TaggedExample {
  /** The words. */
  tokens: readonly string[];
  /** The tag of each word; null, in data also -100, if it is not known: then nothing is learned from the word. */
  tags: readonly (Label | null)[];
}

/** Of `choose`: a text, its possible continuations, and which of them is right. */
export interface ChoiceExample {
  /** The text. */
  text: string;
  /** Its continuations, two at least. */
  choices: readonly string[];
  /** The number of the right one, from 0. */
  label: number;
}

/** An example of each task. */
export interface Examples {
  /** A text. */
  mlm: TextExample;
  /** A text or a pair with its label. */
  classify: LabelledExample;
  /** A sentence with its tags. */
  tag: TaggedExample;
  /** A text with its continuations. */
  choose: ChoiceExample;
}

/** An example of any task. */
export type Example = Examples[DataTask];

/** An example of a data set. */
export interface DataExample<E extends Example = Example> {
  /** Its number in the data set, from 0. */
  readonly number: number;
  /** Where it is from, such as `train.csv:12`. */
  readonly place: string;
  /** What it holds. */
  readonly example: E;
}
