/** The models of a service, by their served names. */

import { HttpError } from "../http/errors.ts";
import { ModelKeeper } from "../life/model_keeper.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Settings } from "../options.ts";
import { ServedModel } from "./served_model.ts";

/** The models that are loaded, or are being loaded. */
export class Models {
  readonly #keepers: readonly ModelKeeper[];

  /** @param onFatal Called once, when a model is given up. */
  constructor(settings: Settings, { metrics, onFatal }: { metrics: Metrics; onFatal: (error: Error) => void }) {
    this.#keepers = settings.models.map((model) =>
      new ModelKeeper(model.name, {
        onFatal,
        async load(isAgain) {
          const loaded = await ServedModel.load(model, settings, (batch) => metrics.batch(model.name, batch));
          metrics.load(model.name, loaded.model.weightBytes, { isAgain });
          return loaded;
        },
      })
    );
  }

  /** Loads them, one after the other, as each keeps the GPU busy. @throws As loading does. */
  async start(): Promise<void> {
    for (const keeper of this.#keepers) await keeper.start();
  }

  /** Whether all of them answer now. */
  get isReady(): boolean {
    return this.#keepers.every((keeper) => keeper.isReady);
  }

  /** Their names. */
  get names(): string[] {
    return this.#keepers.map(({ name }) => name);
  }

  /** Those that are loaded. */
  get loaded(): ServedModel[] {
    return this.#keepers.map(({ model }) => model).filter((model) => model !== null);
  }

  /**
   * The model that a request names; of one model alone, the name does not matter.
   *
   * @throws {HttpError} If there is none of that name.
   */
  find(name: string | null | undefined): ModelKeeper {
    const [only] = this.#keepers;
    if (this.#keepers.length === 1 && only !== undefined) return only;
    const names = this.names.join(", ");
    if (name === null || name === undefined) {
      throw new HttpError("Validation", `Input validation error: \`model\` must be one of ${names}`, {
        failure: "model_type",
      });
    }
    const found = this.#keepers.find((keeper) => keeper.name === name);
    if (found !== undefined) return found;
    throw new HttpError("NotFound", `There is no model ${JSON.stringify(name.slice(0, 80))}, only ${names}`, {
      failure: "model_type",
    });
  }

  /** Frees them. */
  close(): void {
    for (const keeper of this.#keepers) keeper.close();
  }
}
