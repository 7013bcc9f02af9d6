/** A model folder on a web server. */

import { type FileBytes, MemoryBytes } from "./file_bytes.ts";
import { readBody, requestFile, urlForMessages } from "./http_file.ts";
import { checkPlainName, type FolderSettings, type ModelFolder, noSuchFile, type ReadOptions } from "./model_folder.ts";
import type { ProgressReporter } from "./progress.ts";

/** A folder on a server: a file's URL is the folder's URL and the file's name. Needs net permission for its host. */
export class HttpFolder implements ModelFolder {
  readonly location: string;
  readonly #url: URL;
  readonly #token: string | undefined;
  readonly #progress: ProgressReporter;
  readonly #signal: AbortSignal | undefined;

  /** @param url Ends in a slash. */
  constructor(url: URL, { token, progress, signal }: FolderSettings & { token?: string }) {
    this.location = urlForMessages(url);
    this.#url = url;
    this.#token = token;
    this.#progress = progress;
    this.#signal = signal;
  }

  async read(file: string, { signal = this.#signal }: ReadOptions = {}): Promise<Uint8Array> {
    checkPlainName(file);
    this.#progress.report("initiate", file);
    const response = await this.#request(file, signal);
    if (response === undefined) throw noSuchFile(file, this.location);
    this.#progress.report("download", file);
    const bytes = await readBody(response, (loaded, total) => this.#progress.advance(file, loaded, total));
    this.#progress.report("done", file);
    return bytes;
  }

  async open(file: string, options?: ReadOptions): Promise<FileBytes> {
    return new MemoryBytes(await this.read(file, options));
  }

  async has(file: string): Promise<boolean> {
    checkPlainName(file);
    // Not a HEAD request, which plain file servers and signed URLs may refuse.
    const response = await this.#request(file, this.#signal);
    await response?.body?.cancel();
    return response !== undefined;
  }

  #request(file: string, signal: AbortSignal | undefined): Promise<Response | undefined> {
    const url = new URL(this.#url);
    url.pathname += encodeURIComponent(file);
    return requestFile(url, { token: this.#token, signal });
  }
}
