/** The classes of Python's tokenizers that `tokenizer_class` may name. */

/** Classes that read a `vocab.txt` as BERT does, and let `tokenizer_config.json` count for more than its normalizer. */
const BERT = new Set([
  ..."Bert NarrowBert DistilBert Electra MobileBert ConvBert SqueezeBert Lxmert RetriBert LayoutLM DPRContextEncoder"
    .split(" "),
  ..."DPRQuestionEncoder DPRReader".split(" "),
]);

/** Classes whose fast form is its `tokenizer.json`. */
const FAST = new Set([
  ..."PreTrained XLMRoberta Roberta MPNet Albert Camembert DebertaV2 Deberta Barthez BigBird Funnel FNet RemBert".split(
    " ",
  ),
  ..."XLNet Bart MBart T5 GPT2 Llama Nystromformer Splinter Herbert ModernBert CLIP LayoutLMv2 LayoutLMv3 MarkupLM"
    .split(" "),
]);

/** How a tokenizer of a class is read: as BERT's, by its `tokenizer.json` alone, or not at all. */
export type ClassKind = "bert" | "fast" | "unknown";

/** The kind of a class, by its name with or without `Fast`; BERT's if none is named. */
export function kindOfClass(name: string | undefined): ClassKind {
  if (name === undefined) return "bert";
  if (name === "TokenizersBackend") return "fast";
  const family = name.match(/^(\w+?)Tokenizer(?:Fast)?$/)?.[1] ?? "";
  return BERT.has(family) ? "bert" : FAST.has(family) ? "fast" : "unknown";
}
