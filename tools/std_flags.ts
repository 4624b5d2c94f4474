/** How long a machine may take to fetch the standard library. */
const PATIENCE_MS = 8_000;

const here = (path: string) => new URL(path, import.meta.url).href;

/**
 * The flags that let `deno check` and `deno test` find `@std/assert` and
 * `@std/testing`: none where JSR can be reached or its copy is in the cache,
 * else those that put the adapters of `tools/offline/` in their place.
 */
export async function stdFlags(): Promise<string[]> {
  const fetched = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", here("offline/probe.ts")],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).output();
  if (fetched.success) return [];
  console.error(
    "JSR cannot be reached: tools/offline/ stands in for @std/assert and @std/testing",
  );
  return ["--import-map", here("offline/import_map.json")];
}
