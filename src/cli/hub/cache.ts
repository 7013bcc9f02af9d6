/** `narrowbert cache`: what the Hub's cache on this machine holds. */

import { pathIn } from "../../io/folder/path.ts";
import type { CachedCommit, CachedRepository } from "../../io/local/hub/care/contents.ts";
import { listCache } from "../../io/local/hub/care/contents.ts";
import { removeCommit, removeLeftovers, removePartials, removeRepository } from "../../io/local/hub/care/removal.ts";
import { removeProblems, verifyRepository } from "../../io/local/hub/care/verification.ts";
import { cacheFolder } from "../../io/local/hub/settings.ts";
import { defineCommand } from "../command.ts";
import { flag, UsageError, value } from "../options.ts";
import { ageText, sizeText } from "../outputs/sizes.ts";
import { json, printable, type Row, table } from "../outputs/table.ts";
import type { Terminal } from "../outputs/terminal.ts";
import { CACHE_DIR } from "./cache_dir.ts";

/** What the command does, by the word that asks for it. */
const ACTIONS = { list, path, verify, remove };

/** The words, for completions. */
export const CACHE_ACTIONS = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];

/** The options that only some actions have. */
const OPTIONS_OF: Record<keyof typeof ACTIONS, readonly string[]> = {
  list: [],
  path: ["revision"],
  verify: ["repair"],
  remove: ["revision", "partial"],
};

/** Digits of a commit that tables show. */
const SHOWN = 8;

/** What an action is given. */
interface CacheCall {
  readonly folder: string;
  /** The repositories that are named, or all. */
  readonly repositories: readonly CachedRepository[];
  readonly ids: readonly string[];
  readonly revision: string | undefined;
  readonly partial: boolean;
  readonly repair: boolean;
  readonly terminal: Terminal;
}

/** What an action found: for programs, and for reading. */
interface Found {
  readonly json: unknown;
  readonly rows: readonly Row[];
  /** Why the command fails nevertheless. */
  readonly failure?: string;
}

/** The command. */
export const cache = defineCommand({
  name: "cache",
  positionals: `${CACHE_ACTIONS.join("|")} [ID ...]`,
  about: `\
Models of the Hugging Face Hub are kept in a cache, which Python's libraries use too.
  list    repositories, their size on the disk, commits and age; with an ID, its files
  path    the folder of the cache, or of a model in it
  verify  compute the hash of each file; what is wrong is named, and exits with 1
  remove  remove models, or with --revision one commit, or with --partial what is half downloaded
As JSON: { cache, repositories }, { path }, { checked, bytes, problems, removed } or { removed, bytes }.`,
  options: {
    revision: value("REV", "of path and remove: branch, tag or commit"),
    partial: flag("of remove: only what is not downloaded to its end, of the models named or of all"),
    repair: flag("of verify: remove what is wrong, so that it is downloaded again"),
    "cache-dir": CACHE_DIR,
    json: flag("print JSON"),
  },
  examples: [
    "narrowbert cache list",
    "narrowbert cache path bert-base-uncased",
    "narrowbert cache verify --repair",
    "narrowbert cache remove bert-base-uncased",
  ],
  async run({ values, positionals }, terminal) {
    const [asked = "none", ...ids] = positionals;
    const action = CACHE_ACTIONS.find((action) => action === asked);
    if (action === undefined) throw new UsageError(`cache takes one of ${CACHE_ACTIONS.join(", ")}, got ${asked}`);
    const { revision, partial, repair } = values;
    const given = Object.entries({ revision, partial, repair }).flatMap(([name, value]) => value ? [name] : []);
    const wrong = given.find((name) => !OPTIONS_OF[action].includes(name));
    if (wrong !== undefined) throw new UsageError(`cache ${action} takes no --${wrong}`);
    if (given.length > 1) throw new UsageError("cache remove takes --revision or --partial, not both");
    const folder = cacheFolder({ cache_dir: values["cache-dir"] });
    const all = await listCache(folder);
    const missing = ids.find((id) => !all.some((repository) => repository.id === id));
    if (missing !== undefined) throw new Error(`Cannot find "${missing}" in the cache ${folder}: it has no such model`);
    const repositories = ids.length === 0 ? all : all.filter(({ id }) => ids.includes(id));
    const found = await ACTIONS[action]({ folder, repositories, ids, revision, partial, repair, terminal });
    await terminal.write(values.json ? json(found.json) : table(found.rows));
    if (found.failure !== undefined) throw new Error(found.failure);
  },
});

function list({ folder, repositories, ids }: CacheCall): Found {
  const rows: Row[] = [["model", "size", "commits", "downloaded", "used", "revisions"]];
  for (const { id, size, partial, commits, modified, accessed } of repositories) {
    const revisions = commits.flatMap(({ commit, revisions }) =>
      revisions.length > 0 ? revisions : [commit.slice(0, SHOWN)]
    );
    const half = partial === 0 ? "" : ` (${sizeText(partial)} not to its end)`;
    const age = (date: Date | null) => date === null ? "" : ageText(date);
    rows.push([id, sizeText(size) + half, `${commits.length}`, age(modified), age(accessed), revisions.join(", ")]);
  }
  const files = ids.length === 0 ? [] : repositories.flatMap(({ commits }) => commits.flatMap(fileRows));
  const total = repositories.reduce((sum, { size }) => sum + size, 0);
  return {
    json: { cache: folder, repositories },
    rows: [...rows, ...files, [`${repositories.length} in ${folder}`, sizeText(total)]],
  };
}

function fileRows({ commit, files }: CachedCommit): Row[] {
  return files.map(({ name, size }) => [
    `  ${commit.slice(0, SHOWN)}/${name}`,
    size === null ? "leads nowhere" : sizeText(size),
  ]);
}

function path({ folder, repositories, ids, revision = "main" }: CacheCall): Found {
  if (ids.length === 0) return { json: { path: folder }, rows: [[folder]] };
  const paths = repositories.map((repository) => commitNamed(repository, revision).path);
  return { json: { path: paths.length === 1 ? paths[0] : paths }, rows: paths.map((path) => [path]) };
}

async function verify({ repositories, repair, terminal }: CacheCall): Promise<Found> {
  const columns = terminal.statusStyle?.columns ?? 0;
  let checked = 0, bytes = 0;
  const problems = [];
  const removed: string[] = [];
  for (const repository of repositories) {
    if (columns > 0) await terminal.status(printable(`verifying ${repository.id}`).slice(0, columns - 1));
    const found = await verifyRepository(repository, terminal.signal);
    checked += found.checked;
    bytes += found.bytes;
    problems.push(...found.problems);
    if (repair) removed.push(...await removeProblems(repository, found.problems));
  }
  await terminal.status("");
  return {
    json: { checked, bytes, problems, removed },
    rows: [
      ...problems.map(({ path, problem }) => [path, problem]),
      ...removed.map((path) => [path, "removed"]),
      [`${checked} files, ${sizeText(bytes)}`, problems.length === 0 ? "all right" : `${problems.length} wrong`],
    ],
    ...(problems.length > 0 && !repair &&
      { failure: `${problems.length} files of the cache are wrong; --repair removes them` }),
  };
}

async function remove({ folder, repositories, ids, revision, partial }: CacheCall): Promise<Found> {
  if (ids.length === 0 && !partial) throw new UsageError("cache remove takes the ids of models, or --partial");
  let bytes = 0;
  // All are found before one is removed.
  const targets = repositories.map((repository) => {
    return { repository, commit: revision === undefined ? null : commitNamed(repository, revision) };
  });
  for (const { repository, commit } of targets) {
    if (partial) {
      bytes += await removePartials(folder, repository);
    } else {
      if (commit === null) await removeRepository(repository);
      else await removeCommit(repository, commit);
      const [left] = (await listCache(folder)).filter(({ id }) => id === repository.id);
      bytes += repository.size - (left?.size ?? 0);
    }
  }
  if (partial && ids.length === 0) bytes += await removeLeftovers(folder);
  const removed = repositories.map(({ id }) => id);
  const what = partial ? "what was half downloaded" : removed.join(", ");
  return {
    json: { removed: partial ? [] : removed, bytes },
    rows: [[`removed ${what}`, `${sizeText(bytes)} are free`]],
  };
}

function commitNamed({ id, path, commits }: CachedRepository, revision: string): CachedCommit {
  const named = commits.filter(({ revisions }) => revisions.includes(revision));
  const found = named.length > 0 ? named : commits.filter(({ commit }) => isBeginning(revision, commit));
  if (found.length === 1) return found[0] as CachedCommit;
  throw new Error(`Cannot find revision "${revision}" of "${id}" in ${pathIn(path, "snapshots")}: it is not there`);
}

/** Whether a revision is a commit, or the beginning of one as `list` shows it. */
function isBeginning(revision: string, commit: string): boolean {
  return revision.length >= SHOWN && commit.startsWith(revision);
}
