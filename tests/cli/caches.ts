/** Cache folders of processes of their own. */

const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
const { denoDir } = JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string };

/**
 * The environment of a process whose cache folder, or home, is another one. Deno and Mesa, which would begin anew there,
 * are told where they are to keep what they compile.
 */
export function cacheVariables(variables: { XDG_CACHE_HOME?: string; HOME?: string }): Record<string, string> {
  return { XDG_CACHE_HOME: "", ...variables, DENO_DIR: denoDir, MESA_SHADER_CACHE_DIR: denoDir };
}
