/**
 * NarrowBERT on WebGPU: BERT whose later layers compute only the positions that somebody asked for.
 *
 * Everything is TypeScript and WGSL; it runs on Deno's own WebGPU. Importing this module touches no GPU: the first model
 * that is loaded does, and throws {@linkcode NoAdapterError} where there is none.
 *
 * @example Name the topic of a definition with the model that ships in the repository
 * ```ts
 * import { pipeline } from "./mod.ts";
 *
 * using classify = await pipeline("text-classification");
 * const answer = await classify("a can for holding soft drinks");
 * console.log(answer); // [{ label: "noun.artifact", score: 0.96 }]
 * ```
 *
 * @module
 */

export {
  CheckpointError,
  ConfigError,
  DeviceLostError,
  InputError,
  NoAdapterError,
  NonFiniteError,
  OverloadedError,
  TokenizerError,
} from "./src/base/errors.ts";
export { type NestedArray, Tensor, type TensorData, type TensorType } from "./src/base/tensor.ts";
export type { AdapterDescription } from "./src/gpu/adapter.ts";
export { type Gpu, type GpuOptions, requestGpu } from "./src/gpu/device.ts";
export { type KernelTime, Profiler } from "./src/gpu/profiler.ts";
export { type LabelLikelihood, NarrowBertForMaskedLM, type TopWords } from "./src/heads/masked_lm.ts";
export { NarrowBertForMultipleChoice } from "./src/heads/multiple_choice.ts";
export { type HeadOutput } from "./src/heads/output.ts";
export { choiceLogit, labelLogits, tokenLogits } from "./src/heads/readouts/labels.ts";
export { type PositionsAsk, type Readout, type ReadoutAnswer } from "./src/heads/readouts/readout.ts";
export { meanState, states, type StatesAsk } from "./src/heads/readouts/states.ts";
export {
  targetWords,
  type TargetWordsAsk,
  type TopWords as TopWordsAnswer,
  topWords,
  type TopWordsAsk,
  wordLogits,
  wordProbabilities,
  type WordProbabilitiesAsk,
} from "./src/heads/readouts/words.ts";
export { type Answers, type Asks, type Query, type QueryTokens } from "./src/heads/trunk/query.ts";
export { type AnswerOptions, Trunk } from "./src/heads/trunk/trunk.ts";
export { NarrowBertForSequenceClassification } from "./src/heads/sequence_classification.ts";
export { NarrowBertForTokenClassification } from "./src/heads/token_classification.ts";
export { readSafetensors, type SafetensorsFile, writeSafetensors } from "./src/io/safetensors/safetensors.ts";
export { type ArrayInput } from "./src/model/batch/arrays.ts";
export { NarrowBertConfig } from "./src/model/config/config.ts";
export { type ModelInputs } from "./src/model/batch/inputs.ts";
export { NarrowBertModel, type NarrowBertModelOutput } from "./src/heads/narrow_bert_model.ts";
export { type DeviceOptions } from "./src/model/device_options.ts";
export { type LoadOptions, type ModelOptions } from "./src/model/model_options.ts";
export { type CommonOutputs, type ForwardOptions } from "./src/model/forward_options.ts";
export { AutoTokenizer, NarrowBertTokenizer, NarrowBertTokenizerFast } from "./src/text/tokenizer.ts";
export { type TextInput, type TextOptions } from "./src/pipelines/engine/encode.ts";
export {
  type FeatureExtractionOptions,
  type FeatureExtractionPipeline,
} from "./src/pipelines/tasks/feature_extraction.ts";
export {
  type FilledMask,
  type FilledText,
  type FillMaskOptions,
  type FillMaskPipeline,
  wordsByMask,
} from "./src/pipelines/tasks/fill_mask.ts";
export {
  type MultipleChoicePipeline,
  type Question,
  type ScoredChoice,
} from "./src/pipelines/tasks/multiple_choice.ts";
export { pipeline, type SharedParts } from "./src/pipelines/pipeline.ts";
export { type Pooling } from "./src/pipelines/tasks/pooling.ts";
export { type Precision, quantize, type Ranges } from "./src/pipelines/tasks/precision.ts";
export { type ScorePipeline, type TextScore, type TokenScore } from "./src/pipelines/tasks/score.ts";
export {
  type CallOptions,
  type Inputs,
  type Progress,
  type Stream,
  type StreamOptions,
} from "./src/pipelines/engine/task.ts";
export { type TaskName } from "./src/pipelines/task_table.ts";
export {
  type LabelScore,
  type TextClassificationOptions,
  type TextClassificationPipeline,
} from "./src/pipelines/tasks/text_classification.ts";
export {
  type RankedText,
  type RankingQuery,
  type TextRankingOptions,
  type TextRankingPipeline,
} from "./src/pipelines/tasks/text_ranking.ts";
export {
  type Entities,
  type TokenClassificationOptions,
  type TokenClassificationPipeline,
} from "./src/pipelines/tasks/token_classification/token_classification.ts";
export {
  type CandidateLabels,
  type ZeroShotClassificationOptions,
  type ZeroShotClassificationPipeline,
  type ZeroShotLabels,
} from "./src/pipelines/tasks/zero_shot_classification.ts";
export { type TextOrPair } from "./src/text/bert_tokenizer.ts";
export {
  type BatchEncodeOptions,
  type BatchEncoding,
  type DecodeOptions,
  type EncodeOptions,
  type Encoding,
  type PadOptions,
} from "./src/text/encoding/encoding.ts";
