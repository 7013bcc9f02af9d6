/** The options of `narrowbert serve`, and their environment twins, which are those of Text Embeddings Inference. */

import { variableOf } from "../../io/local/environment.ts";
import { POOLING_MODES } from "../../heads/readouts/pooled_state.ts";
import { choice, count, type Option, type Options, toggle, UsageError, value, values } from "../options.ts";
import { MODEL, MODEL_OPTIONS } from "../models.ts";

/** An option that an environment variable stands in for. A variable that is not set, or empty, says nothing. */
function twin<Value>(
  variable: string,
  option: Option<Value>,
  given: (text: string) => (string | boolean)[] = (text) => [text],
): Option<Value> {
  return {
    ...option,
    help: `${option.help} [${variable}]`,
    read(words, name) {
      const text = words.length > 0 ? "" : variableOf(variable);
      return text === "" ? option.read(words, name) : option.read(given(text), variable);
    },
  };
}

/** A variable of a switch: `true` or `false`. @throws {UsageError} If it is something else. */
function switched(variable: string): (text: string) => boolean[] {
  return (text) => {
    if (/^(true|1)$/i.test(text)) return [true];
    if (/^(false|0)$/i.test(text)) return [false];
    throw new UsageError(`${variable} must be true or false, got "${text}"`);
  };
}

/** A variable of an option that may be given several times: with commas between them. */
const listed = (text: string) => text.split(",").map((part) => part.trim());

/** An address as the environment has it: `HOSTNAME` is mostly the machine's name, which is not meant. */
const address = (text: string) => (/^(localhost|[\d.]+|[\da-f:.]*:[\da-f:.]*)$/i.test(text) ? [text] : []);

/** A port. */
const port: Option<number | undefined> = {
  ...count("port; 0 takes a free one (3000)", { from: 0 }),
  short: "p",
  read(given, name) {
    const found = count("", { from: 0 }).read(given, name);
    if (found === undefined || found < 2 ** 16) return found;
    throw new UsageError(`${name} must be a port from 0 to 65535, got "${found}"`);
  },
};

/** The options. */
export const SERVE_OPTIONS = {
  "model-id": twin("MODEL_ID", values(MODEL, "model to serve; several if it is given again"), listed),
  "served-model-name": twin(
    "SERVED_MODEL_NAME",
    values("NAME", "name of the model, in the order of --model-id; the folder's by default"),
    listed,
  ),
  revision: twin("REVISION", MODEL_OPTIONS.revision),
  "local-files-only": MODEL_OPTIONS["local-files-only"],
  dtype: twin("DTYPE", choice(["f32", "f16", "auto", "float32", "float16"], "element type of the weights (f32)")),
  pooling: twin("POOLING", choice(POOLING_MODES, "pooling of embeddings; as the model's files say, else mean")),
  hostname: twin(
    "HOSTNAME",
    value("ADDRESS", "address to listen on; the variable if it is an IP address (127.0.0.1)"),
    address,
  ),
  port: twin("PORT", port),
  "max-concurrent-requests": twin("MAX_CONCURRENT_REQUESTS", count("requests at a time; more get 429 (512)")),
  "max-batch-tokens": twin("MAX_BATCH_TOKENS", count("tokens that are computed together (16384)")),
  "max-batch-requests": twin("MAX_BATCH_REQUESTS", count("sequences that are computed together (64)")),
  "max-batch-rows": twin("MAX_BATCH_ROWS", count("narrow rows that are computed together; no limit by default")),
  "max-client-batch-size": twin("MAX_CLIENT_BATCH_SIZE", count("inputs of a request (32)")),
  "auto-truncate": twin("AUTO_TRUNCATE", toggle("cut texts that are too long (on)"), switched("AUTO_TRUNCATE")),
  "payload-limit": twin("PAYLOAD_LIMIT", count("bytes of a body (2000000)")),
  "api-key": twin(
    "API_KEY",
    value("KEY", "key that requests must have: Authorization: Bearer KEY; the variable is safer"),
  ),
  "cors-allow-origin": twin(
    "CORS_ALLOW_ORIGIN",
    values("ORIGIN", "origin whose pages may use the service, or *; none by default"),
    listed,
  ),
  "body-timeout": twin("BODY_TIMEOUT", count("seconds for a body to come (30)")),
  "queue-timeout": twin("QUEUE_TIMEOUT", count("seconds that a request waits for its turn (30)")),
  "request-timeout": twin("REQUEST_TIMEOUT", count("seconds of a request in all (60)")),
  worker: toggle("compute in a Worker, so that the GPU keeps nobody waiting (on)"),
  warmup: toggle("compile the kernels before requests are taken (on)"),
  "log-level": twin(
    "LOG_LEVEL",
    choice(["off", "error", "info"], "requests to log, as JSON on standard output (error)"),
  ),
} satisfies Options;
