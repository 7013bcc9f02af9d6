/** A model folder on a web server. */

import { quote } from "../../base/messages.ts";
import { DEFAULT_ENDPOINT, isRepositoryId } from "../hub/names.ts";
import { type FileBytes, MemoryBytes } from "./file_bytes.ts";
import { readBody, requestFile, urlForMessages } from "./http_file.ts";
import { checkPlainName, type FolderSettings, type ModelFolder, subfolderNames } from "./model_folder.ts";
import { SILENT } from "./progress.ts";

/** Options of an {@linkcode HttpFolder}. */
interface HttpSettings extends FolderSettings {
  /** Sent as a bearer token. */
  token?: string | undefined;
}

/** A folder on a server: a file's URL is the folder's URL and the file's name. Needs net permission for its host. */
export class HttpFolder implements ModelFolder {
  readonly location: string;
  readonly #url: URL;
  readonly #settings: HttpSettings;

  /** @param url Ends in a slash. */
  constructor(url: URL, settings: HttpSettings) {
    this.location = urlForMessages(url);
    this.#url = url;
    this.#settings = settings;
  }

  /** Who copies the address of a model's page from the Hub means the model. */
  get absence(): string {
    const [, id] = /^\/([^/]+\/[^/]+)\/(tree\/.*)?$/.exec(this.#url.pathname) ?? [];
    if (this.#url.origin !== DEFAULT_ENDPOINT || id === undefined || !isRepositoryId(id)) return "";
    return `; this is a page about a model of the Hugging Face Hub, whose id is ${quote(id)}`;
  }

  /** Downloads a file by one request. */
  async find(file: string): Promise<FileBytes | null> {
    const { progress, token, signal } = this.#settings;
    checkPlainName(file);
    const response = await requestFile(this.#below(encodeURIComponent(file)), { token, signal });
    if (response === undefined) return null;
    try {
      progress.report("initiate", file);
      progress.report("download", file);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
    const bytes = await readBody(response, (loaded, total) => progress.advance(file, loaded, total));
    progress.report("done", file);
    return new MemoryBytes(bytes);
  }

  inside(subfolder: string): ModelFolder {
    const path = subfolderNames(subfolder).map((name) => `${encodeURIComponent(name)}/`).join("");
    return new HttpFolder(this.#below(path), this.#settings);
  }

  confined(): ModelFolder {
    return this;
  }

  detached(): ModelFolder {
    return new HttpFolder(this.#url, { token: this.#settings.token, progress: SILENT });
  }

  #below(path: string): URL {
    const url = new URL(this.#url);
    url.pathname += path;
    return url;
  }
}
