/** What a pipeline's Worker can be asked. */

import { coreOf, type PreTrainedModel } from "../../heads/pretrained.ts";
import { answerMethod } from "../../heads/remote/remote_trunk.ts";
import type { Methods, Served, ServedCall } from "../../heads/remote/serve.ts";
import type { LoadedModel } from "../engine/load.ts";
import { modelFilesOf } from "../engine/saving.ts";
import { taskNamed } from "../task_table.ts";
import type { FilesRequest, LoadReply, LoadRequest } from "./request.ts";

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
      const heads = coreOf(loaded.model).heads.map(({ name }) => name);
      const value: LoadReply = { config: config.to_json(), weightBytes, passTokens, heads };
      return { value };
    },
    ...answerMethod(() => ready().model.trunk),
    async files({ task, options }: FilesRequest): Promise<Served> {
      const { model, opened: { root } } = ready();
      using shared = taskNamed(task).shareModel(model); // of the class that the pipeline says it has
      const value = await modelFilesOf(shared, root, options);
      return {
        value,
        transfer: [...new Set(value.flatMap(([, parts]) => parts.map(({ buffer }) => buffer as ArrayBuffer)))],
      };
    },
  };
}
