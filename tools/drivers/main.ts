/**
 * All tests on all drivers: `deno task drivers` runs them on each that is installed and finds a device,
 * `deno task drivers llvmpipe opengl` on some, `deno task drivers -- tests/golden` some tests. It closes with a table of
 * what passed and failed on each.
 */
import { table } from "../../src/cli/outputs/table.ts";
import { type Counts, countTests } from "../gate_counts.ts";
import { chooseDrivers, type Driver, findDrivers } from "./find.ts";

/** What the tests found on a driver. */
interface Found extends Counts {
  readonly driver: string;
  readonly adapter: string;
  readonly seconds: number;
}

async function deno(args: string[], { env }: Driver, stdout: "inherit" | "piped"): Promise<Deno.CommandOutput> {
  return await new Deno.Command("deno", { args, env: { ...env }, stdin: "null", stdout, stderr: "inherit" }).output();
}

/** The name of a driver's adapter; null if it finds none. */
async function adapterOf(driver: Driver): Promise<string | null> {
  const script = 'console.log((await navigator.gpu?.requestAdapter())?.info.description ?? "")';
  const { stdout } = await deno(["eval", script], driver, "piped");
  return new TextDecoder().decode(stdout).trim() || null;
}

async function test(driver: Driver, adapter: string, args: readonly string[]): Promise<Found> {
  const junit = Deno.makeTempFileSync({ prefix: "narrowbert-drivers-", suffix: ".xml" });
  console.log(`\n== ${driver.name}: ${adapter}`);
  const start = performance.now();
  const task = ["task", "--quiet", "test", "--parallel", `--junit-path=${junit}`, ...args];
  const { code, success } = await deno(task, driver, "inherit");
  if (code === 130) Deno.exit(code); // interrupted
  const counts = countTests(Deno.readTextFileSync(junit), success);
  Deno.removeSync(junit);
  return { driver: driver.name, adapter, ...counts, seconds: (performance.now() - start) / 1000 };
}

const end = Deno.args.indexOf("--");
const [asked, args] = end < 0 ? [Deno.args, []] : [Deno.args.slice(0, end), Deno.args.slice(end + 1)];
let drivers: Driver[];
try {
  drivers = chooseDrivers(asked, findDrivers());
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(2);
}
const found: Found[] = [];
for (const driver of drivers) {
  const adapter = await adapterOf(driver);
  if (adapter !== null) found.push(await test(driver, adapter, args));
  else if (asked.length === 0) console.log(`\n== ${driver.name}: finds no device here`);
  else found.push({ driver: driver.name, adapter: "finds no device here", passed: 0, failed: 1, seconds: 0 });
}
const rows = found.map(({ driver, adapter, passed, failed, seconds }) => {
  return [driver, String(passed), String(failed), (seconds / 60).toFixed(1), adapter];
});
console.log("\n" + table([["driver", "passed", "failed", "minutes", "adapter"], ...rows]).trimEnd());
Deno.exit(found.length > 0 && found.every(({ failed }) => failed === 0) ? 0 : 1);
