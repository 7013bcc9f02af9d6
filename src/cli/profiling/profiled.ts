/** Runs a command under a profile, and writes what the profile shows, whatever ends the command. */

import { writeAll } from "../../io/local/atomic_write.ts";
import { quote } from "../../base/messages.ts";
import type { Profile } from "../../graph/profile/profile.ts";
import { startProfile } from "../../graph/profile/start_profile.ts";
import { type NamedFile, refuseSame } from "../named_files.ts";
import { UsageError } from "../options.ts";
import { isSameFile } from "../outputs/same_file.ts";
import { json } from "../outputs/table.ts";
import type { Terminal } from "../outputs/terminal.ts";
import { checkWritable } from "../outputs/writable.ts";
import { profileReport } from "./report.ts";

/** What is wanted of a profile. */
export interface Wanted {
  /** Files that get a trace. */
  readonly traces: readonly string[];
  /** A file that gets a page of HTML. */
  readonly report?: string | undefined;
  /** Tables; they go to standard error if they have no file. */
  readonly tables?: TableOutput;
}

/** How the tables of a profile are printed. */
export interface TableOutput {
  readonly file: string | undefined;
  readonly json: boolean;
  readonly top: number | undefined;
}

/** A command that runs. */
export interface ProfiledCommand {
  /** Its name. */
  readonly name: string;
  /** What it reads and writes itself. */
  readonly files: readonly NamedFile[];
  run(): Promise<void>;
}

/** The profile under way: its traces, to which a command inside may add its own, and its other files. */
let underWay: { readonly traces: string[]; readonly others: readonly string[] } | null = null;

/** Most characters of a trace that are written at once. */
const PART = 65536;

/**
 * Runs a command. What is wanted is written when it ends, by an error or a signal too, unless the command line is wrong.
 *
 * @throws {UsageError} If two things are to be in one file, or one in a file that the command reads or writes.
 * @throws {Error} If a file cannot be written, before the command begins.
 * @throws What the command throws.
 */
export async function profiled(
  { name, files, run }: ProfiledCommand,
  wanted: Wanted,
  terminal: Terminal,
): Promise<void> {
  const own = filesOf(wanted);
  const before = [...underWay?.traces ?? [], ...underWay?.others ?? []];
  for (const file of own) {
    for (const path of before) {
      if (!(await isSameFile(path, file.path))) continue;
      throw new UsageError(`one file cannot have two things of a profile, got ${quote(file.path)}`);
    }
    before.push(file.path);
    await refuseSame(file, files);
  }
  for (const { option, path } of own) await checkWritable(option, path);
  const others = own.flatMap(({ option, path }) => option === "trace" ? [] : [path]);
  if (underWay !== null) {
    underWay.traces.push(...wanted.traces);
    return await run();
  }
  const all = [...wanted.traces];
  underWay = { traces: all, others };
  using profiling = startProfile({ since: 0 });
  profiling.addPhase("start of Deno", 0, terminal.started);
  const started = performance.now();
  profiling.addPhase("modules", terminal.started, started);
  const finish = async (peak: boolean) => {
    profiling.addPhase(`narrowbert ${name}`, started, performance.now());
    const profile = await profiling.stop({ peak });
    await write(profile, { ...wanted, traces: all }, { name, terminal });
  };
  try {
    await run();
  } catch (error) {
    if (!(error instanceof UsageError)) await finish(false).catch((second) => complain(second, terminal));
    throw error;
  } finally {
    underWay = null;
  }
  await finish(wanted.tables !== undefined || wanted.report !== undefined);
}

/** The files of a profile, by the options that name them. */
function filesOf({ traces, report, tables }: Wanted): NamedFile[] {
  return [
    ...traces.map((path) => ({ option: "trace", path })),
    ...(report === undefined ? [] : [{ option: "report", path: report }]),
    ...(tables?.file === undefined ? [] : [{ option: "table", path: tables.file }]),
  ];
}

/** Names an error that comes after another one. */
async function complain(error: unknown, terminal: Terminal): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  await terminal.complain(`narrowbert: ${message}\n`).catch(() => {}); // standard error is closed
}

async function write(
  profile: Profile,
  { traces, report, tables }: Wanted,
  { name, terminal }: { name: string; terminal: Terminal },
): Promise<void> {
  if (traces.length > 0) {
    for (const note of profile.traceNotes) await terminal.complain(`narrowbert: ${note}\n`);
  }
  for (const path of traces) await writeFile("trace", path, grouped(profile.traceParts()));
  if (report !== undefined) await writeFile("report", report, [profileReport(profile, name)]);
  if (tables !== undefined) {
    const { file, top } = tables;
    const text = tables.json ? json(profile) : profile.table({ ...(top !== undefined && { top }) });
    if (file === undefined) await terminal.complain(text);
    else await writeFile("table", file, [text]);
  } else for (const note of profile.notes) await terminal.complain(`narrowbert: ${note}\n`);
}

async function writeFile(what: string, path: string, parts: Iterable<string>): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, create: true, truncate: true });
    const encoder = new TextEncoder();
    for (const part of parts) await writeAll(file, encoder.encode(part));
  } catch (cause) {
    throw new Error(`Cannot write the ${what} ${quote(path)}: ${(cause as Error).message}`, { cause });
  }
}

/** Short texts as fewer long ones. */
function* grouped(parts: Iterable<string>): Generator<string> {
  let group = "";
  for (const part of parts) {
    group += part;
    if (group.length < PART) continue;
    yield group;
    group = "";
  }
  yield group;
}
