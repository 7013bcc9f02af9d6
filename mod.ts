/**
 * NarrowBERT on WebGPU: BERT whose later layers compute only the positions that somebody asked for.
 *
 * Everything is TypeScript and WGSL; it runs on Deno's own WebGPU. Importing this module touches no GPU: the first model
 * that is loaded does, and throws {@linkcode NoAdapterError} if there is none.
 *
 * From a text to an answer: {@linkcode pipeline}. From token ids to tensors: {@linkcode AutoTokenizer} and the model
 * classes, as {@linkcode NarrowBertForMaskedLM}. Several answers about a text in one pass: {@linkcode Trunk}.
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

// --- Pipelines: from texts to answers ---

export { pipeline, type SharedParts } from "./src/pipelines/pipeline.ts";
export { type PipelineOptions, type WorkerOptions } from "./src/pipelines/worker/request.ts";
export { type Shown, type TaskName, type TaskPipelines } from "./src/pipelines/task_pipelines.ts";

// What all pipelines share: calls, streams, ownership.
export {
  type SidedTextOptions,
  type TextInput,
  type TextOptions,
  type TokenInput,
} from "./src/pipelines/engine/encode.ts";
export { type Aggregation, type StrideOptions, type WindowOptions } from "./src/pipelines/windows/options.ts";
export { type WindowPlace } from "./src/pipelines/windows/places.ts";
export {
  type ModelInWorker,
  type PipelineOwner,
  type PipelineParts,
  type SimplePipeline,
} from "./src/pipelines/engine/parts.ts";
export { type BatchingOptions, type BatchReport } from "./src/heads/trunk/batching.ts";
export {
  type CallOptions,
  type CallTiming,
  type Inputs,
  type List,
  type ListOptions,
  type Progress,
  type Stream,
  type StreamOptions,
} from "./src/pipelines/engine/task.ts";

// fill-mask, and score.
export {
  type FilledBy,
  type FilledMask,
  type FilledText,
  type FillMaskOptions,
  type FillMaskPipeline,
} from "./src/pipelines/tasks/fill_mask.ts";
export { type ScoreOptions, type ScorePipeline, type TextScore, type TokenScore } from "./src/pipelines/tasks/score.ts";

// feature-extraction.
export {
  type EmbeddedWindow,
  type EmbeddingInput,
  type FeatureExtractionOptions,
  type FeatureExtractionPipeline,
  type OneTensorOptions,
  type TextEmbedding,
  type WindowEmbeddings,
} from "./src/pipelines/tasks/feature_extraction.ts";
export { type PromptOptions } from "./src/pipelines/tasks/prompts.ts";
export { type Pooling } from "./src/pipelines/tasks/pooling.ts";
export { type Embedding, type Precision, quantize, type Ranges } from "./src/pipelines/tasks/precision.ts";

// What embeddings are good for: comparing, searching, keeping in files.
export { cos_sim, dot_score, euclidean_sim, manhattan_sim, type Similarity } from "./src/vectors/similarity.ts";
export { semantic_search, type SemanticSearchOptions } from "./src/vectors/semantic_search.ts";
export { type SearchOptions, VectorIndex, type VectorIndexOptions } from "./src/vectors/vector_index.ts";
export { type SearchHit } from "./src/vectors/best.ts";
export { type Vectors } from "./src/vectors/matrix.ts";
export { cat } from "./src/vectors/cat.ts";
export { readNpy, writeNpy, type WriteNpyOptions } from "./src/io/npy/npy.ts";

// text-classification, zero-shot-classification, text-ranking and multiple-choice.
export {
  type BatchLabels,
  type LabelledWindow,
  type LabelScore,
  type TextClassificationOptions,
  type TextClassificationPipeline,
  type TextLabels,
  type WindowLabels,
} from "./src/pipelines/tasks/text_classification.ts";
export { type ScoreFunction } from "./src/pipelines/tasks/scores.ts";
export {
  type CandidateLabels,
  type ScoredLabels,
  type ZeroShotClassificationOptions,
  type ZeroShotClassificationPipeline,
  type ZeroShotLabels,
  type ZeroShotWindow,
} from "./src/pipelines/tasks/zero_shot_classification.ts";
export {
  type RankedText,
  type RankedWindow,
  type RankingQuery,
  type RankingScore,
  type TextRankingOptions,
  type TextRankingPipeline,
} from "./src/pipelines/tasks/text_ranking.ts";
export {
  type MultipleChoicePipeline,
  type Question,
  type ScoredChoice,
} from "./src/pipelines/tasks/multiple_choice.ts";

// token-classification.
export {
  type Entities,
  type TokenClassificationOptions,
  type TokenClassificationPipeline,
} from "./src/pipelines/tasks/token_classification/token_classification.ts";
export {
  type AggregationStrategy,
  type EntityGroup,
  type TokenEntity,
} from "./src/pipelines/tasks/token_classification/entities.ts";

// --- Models: from token ids to tensors ---

export { NarrowBertModel, type NarrowBertModelOutput } from "./src/heads/narrow_bert_model.ts";
export { type LabelLikelihood, NarrowBertForMaskedLM, type TopWords } from "./src/heads/masked_lm.ts";
export { NarrowBertForSequenceClassification } from "./src/heads/sequence_classification.ts";
export { NarrowBertForTokenClassification } from "./src/heads/token_classification.ts";
export { NarrowBertForMultipleChoice } from "./src/heads/multiple_choice.ts";
export {
  type AutoClass,
  AutoConfig,
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForMultipleChoice,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
} from "./src/heads/auto/auto_classes.ts";
export { type GradientOptions, type Gradients } from "./src/heads/gradients.ts";
export { type HeadOutput } from "./src/heads/output.ts";
export { type ModelClass } from "./src/heads/model_class.ts";
export { PreTrainedModel, type Teacher, type TeacherOption } from "./src/heads/pretrained.ts";

// What they take and give.
export { type ArrayInput, type NestedInput } from "./src/model/batch/arrays.ts";
export { type ModelInputs } from "./src/model/batch/inputs.ts";
export { type CommonOutputs, type ForwardOptions } from "./src/model/forward_options.ts";
export { type NestedArray, Tensor, type TensorArrays, type TensorData, type TensorType } from "./src/base/tensor.ts";

// Where they come from.
export { type DeviceOptions } from "./src/model/device_options.ts";
export { type LoadOptions, type ModelOptions } from "./src/model/model_options.ts";
export { type ModelWeights } from "./src/model/core.ts";
export { type ModelHead } from "./src/model/head.ts";

// Their configuration.
export { type LoadConfigOptions, NarrowBertConfig } from "./src/model/config/config.ts";
export { type Activation, type ModelType, type PositionType, type ProblemType } from "./src/model/config/fields.ts";
export { type PrunedHeads } from "./src/model/config/pruned_heads.ts";
export { type ConfigSource } from "./src/model/config/source.ts";

// --- Training: optimizers of a model's weights, schedules of the learning rate, checkpoints ---

export { planStep, type StepPlan } from "./src/train/budget.ts";
export { type SavedDtype } from "./src/model/weights/saved_dtype.ts";
export { type SaveOptions } from "./src/model/weights/saving.ts";
export { AdamW, type AdamWOptions } from "./src/train/adamw.ts";
export { SGD, type SGDOptions } from "./src/train/sgd.ts";
export { Optimizer, type StepMemory, type StepResult } from "./src/train/optimizer.ts";
export { type Schedule, type ScheduleName, scheduleOf, type ScheduleOptions } from "./src/train/schedules.ts";
export { type OptimizerOptions } from "./src/train/settings.ts";
export { NonFiniteGuard, type NonFiniteGuardOptions } from "./src/train/non_finite.ts";
export {
  type SaveTrainingOptions,
  TrainingFolder,
  type TrainingFolderOptions,
} from "./src/train/saving/training_folder.ts";
export { type TrainingCheckpoint } from "./src/train/saving/training_checkpoint.ts";
export { type LabelOptions } from "./src/heads/calls/label_options.ts";
export { type LossOptions } from "./src/heads/loss_run.ts";
export { type LessonOptions } from "./src/heads/distillation.ts";
export { type LossParts } from "./src/model/distillation.ts";

// --- Data of a training ---

export { datasetOf, type DatasetOptions, type FileDatasetOptions, openDataset } from "./src/train/data/open_dataset.ts";
export { type Dataset } from "./src/train/data/dataset.ts";
export {
  type ChoiceExample,
  type DataExample,
  type DataTask,
  type Example,
  type Examples,
  type Label,
  type LabelledExample,
  type TaggedExample,
  type TextExample,
} from "./src/train/data/examples.ts";
export { type DataColumns } from "./src/train/data/tasks/columns.ts";
export {
  type EncodingOptions,
  type EvaluationDataOptions,
  type TrainingDataOptions,
} from "./src/train/data/reading/options.ts";
export { type BatchInputs } from "./src/train/data/encoding/collate.ts";
export { type DataBatch } from "./src/train/data/reading/source.ts";
export {
  type EpochSize,
  type TrainingBatch,
  type TrainingData,
  type TrainingRange,
} from "./src/train/data/reading/training.ts";
export { type DataPosition } from "./src/train/data/order/position.ts";

// --- The trainer ---

export { Trainer, type TrainOutput } from "./src/train/trainer/trainer.ts";
export { type TrainerOptions } from "./src/train/trainer/trainer_options.ts";
export {
  type Interval,
  type ResolvedArguments,
  type TrainingArguments,
  type TrainingTask,
} from "./src/train/trainer/arguments.ts";
export { type StepProgress, type TrainingProgress } from "./src/train/trainer/progress.ts";

// --- Metrics of an evaluation ---

export { type Elements, type Metrics, type MetricValues, prefixed } from "./src/train/metrics/metrics.ts";
export { type ClassificationBatch, ClassificationMetrics } from "./src/train/metrics/classification.ts";
export { ConfusionMatrix } from "./src/train/metrics/confusion_matrix.ts";
export { type CalibrationBin } from "./src/train/metrics/calibration.ts";
export { type ClassScore } from "./src/train/metrics/scores.ts";
export { type MultiLabelBatch, MultiLabelMetrics } from "./src/train/metrics/multi_label.ts";
export { type RegressionBatch, RegressionMetrics } from "./src/train/metrics/regression.ts";
export { type MaskedWordsBatch, MaskedWordsMetrics, ranksOf } from "./src/train/metrics/masked_words.ts";
export { ChoiceMetrics, type ChoicesBatch } from "./src/train/metrics/choices.ts";
export { type EntityBatch, EntityMetrics, type EntityMetricsOptions } from "./src/train/metrics/tagging.ts";
export { type TagScheme } from "./src/train/metrics/entities.ts";
export { type Mistake, WorstMistakes } from "./src/train/metrics/mistakes.ts";

// --- The course of a training, and its report ---

export {
  addLog,
  type CallbackState,
  type LogEntry,
  newTrainerState,
  parseTrainerState,
  type TrainerState,
  trainerStateText,
} from "./src/train/trainer_state/trainer_state.ts";

export { type EvaluationReport, type ResumeNote, type TrainingReport } from "./src/train/report/data.ts";
export { trainingReport } from "./src/train/report/report.ts";

// --- Trunks: several answers about a text in one pass ---

export { type AnswerOptions, Trunk } from "./src/heads/trunk/trunk.ts";
export { type Context } from "./src/heads/trunk/context.ts";
export { type QueryTokens } from "./src/heads/readouts/query_tokens.ts";
export { type Answers, type Asks, type ContextQuery, type Query } from "./src/heads/trunk/query.ts";
export {
  type ChangingReadout,
  type NothingAsked,
  type PositionsAsk,
  type Readout,
  type ReadoutAnswer,
} from "./src/heads/readouts/readout.ts";
export { choiceLogit, labelLogits, tokenLogits } from "./src/heads/readouts/labels.ts";
export { meanState, states, type StatesAsk } from "./src/heads/readouts/states.ts";
export { pooledState, type PooledStateAsk, type PoolingMode } from "./src/heads/readouts/pooled_state.ts";
export {
  maskedWords,
  type MaskedWordsAsk,
  targetWords,
  type TargetWordsAsk,
  topWords,
  type TopWordsAnswer,
  type TopWordsAsk,
  wordLogits,
  wordProbabilities,
  type WordProbabilitiesAsk,
} from "./src/heads/readouts/words.ts";

// --- Tokenizers: from texts to token ids, and back ---

export { AutoTokenizer, NarrowBertTokenizer, NarrowBertTokenizerFast } from "./src/text/tokenizer.ts";
export { BertTokenizer, type TextOrPair } from "./src/text/bert_tokenizer.ts";
export { BertVocabulary } from "./src/text/bert_vocabulary.ts";
export {
  type BatchEncodeOptions,
  type BatchEncoding,
  type DecodeOptions,
  type EncodeOptions,
  type Encoding,
  type PaddingStrategy,
  type PadOptions,
  type TruncationStrategy,
} from "./src/text/encoding/encoding.ts";
export { narrowMask, type Span } from "./src/text/encoding/narrow_mask.ts";

// --- Files of records: texts and tables, and the answers to their records ---

export {
  type BadRecord,
  type DataRecord,
  type ReadOptions,
  readRecords,
  type RecordSource,
} from "./src/io/records/read_records.ts";
export { csvRow } from "./src/io/records/csv_row.ts";
export { type DataFile } from "./src/io/records/data_file.ts";
export { type DataFormat } from "./src/io/records/formats.ts";
export { type Columns } from "./src/io/records/columns.ts";
export { type Asking, type WithAnswer, withAnswers } from "./src/pipelines/engine/with_answers.ts";

// --- Files: folders of models, safetensors, and PyTorch's checkpoints ---

export {
  type ModelSource,
  type OpenFolderOptions,
  type ProgressCallback,
  type ProgressInfo,
} from "./src/io/folder/folder.ts";
export {
  type NamedTensor,
  readSafetensors,
  SafetensorsFile,
  SafetensorsTensor,
  type TensorView,
  writeSafetensors,
  type WriteSafetensorsOptions,
} from "./src/io/safetensors/safetensors.ts";
export { readTorchCheckpoint, TorchTensor } from "./src/io/torch/torch.ts";
export { type Dtype, type DtypeArray, type DtypeArrays } from "./src/base/dtype.ts";

// --- The GPU ---

export { type AdapterClass, type AdapterDescription } from "./src/gpu/adapter.ts";
export { type GpuOptions } from "./src/gpu/device.ts";
export { type GpuInfo, requestGpu } from "./src/gpu/request.ts";

// --- Profiles: where the time goes ---

export { type KernelTime, Profiler } from "./src/gpu/profiling/profiler.ts";
export { startProfile } from "./src/graph/profile/start_profile.ts";
export { type ProfileOptions, type Profiling, type StopOptions } from "./src/graph/profile/profiling.ts";
export { type Profile } from "./src/graph/profile/profile.ts";
export { type ProfileParts } from "./src/graph/profile/profile_parts.ts";
export { type KernelProfile, type PartProfile, type ProfileTotals } from "./src/graph/profile/sums.ts";
export { type ProfileTableOptions } from "./src/graph/profile/table.ts";
export { type Peak } from "./src/kernels/peak/peak.ts";

// --- Errors that callers can act on ---

export {
  CheckpointError,
  type CheckpointReason,
  ConfigError,
  DeviceLostError,
  DisposedError,
  type ErrorCode,
  InputError,
  NarrowBertError,
  NoAdapterError,
  NonFiniteError,
  OverloadedError,
  PermissionError,
  ProbeError,
  TokenizerError,
  WorkerError,
} from "./src/base/errors.ts";
