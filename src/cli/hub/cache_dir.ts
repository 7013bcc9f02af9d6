/** The option by which commands name a cache of the Hub. */

import { value } from "../options.ts";

/** A cache. */
export const CACHE_DIR = value("PATH", "folder of the cache; by default that of HF_HUB_CACHE or HF_HOME");
