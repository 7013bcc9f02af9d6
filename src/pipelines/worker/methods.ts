/** What a pipeline's Worker can be asked. */

import type { PreTrainedModel } from "../../heads/pretrained.ts";
import { answerMethod } from "../../heads/remote/remote_trunk.ts";
import type { Methods, Served, ServedCall } from "../../heads/remote/serve.ts";
import type { SaveOptions } from "../../model/weights/saving.ts";
import type { LoadedModel } from "../engine/load.ts";
import { modelFilesOf } from "../engine/saving.ts";
import { taskNamed } from "../task_table.ts";
import type { LoadReply, LoadRequest } from "./request.ts";

/** The methods, on one model: it is loaded first. */
export function methodsOfWorker(): Methods {
  let loaded: LoadedModel<PreTrainedModel> | null = null;
  const ready = () => {
    if (loaded === null) throw new Error("The Worker has no model yet");
    return loaded;
  };
  return {
    async load({ task, source, options }: LoadRequest, { signal, tell }: ServedCall): Promise<Served> {
      loaded = await taskNamed(task).loadModel(source, { ...options, signal, progress_callback: tell });
      const { config, weightBytes, trunk: { passTokens } } = loaded.model;
      const value: LoadReply = { config: config.to_json(), weightBytes, passTokens };
      return { value };
    },
    ...answerMethod(() => ready().model.trunk),
    async files(options: SaveOptions): Promise<Served> {
      const { model, opened: { root } } = ready();
      const value = await modelFilesOf(model, root, options);
      return {
        value,
        transfer: [...new Set(value.flatMap(([, parts]) => parts.map(({ buffer }) => buffer as ArrayBuffer)))],
      };
    },
  };
}
