/**
 * Finds out which backends there are, in a process of its own.
 *
 * @module
 */
import { BENCH } from "./contender.ts";
import { output, runtimeCommand } from "./channel.ts";
import type { BackendLine } from "./schema.ts";
import { UsageError } from "./usage.ts";

/**
 * The backends that were asked for, or all.
 *
 * @param bench The folder `bench/` of the build that is asked.
 * @throws {UsageError} If one was asked for that is unknown or not available.
 */
export async function findBackends(
  wanted: readonly string[] = [],
  bench: URL = BENCH,
): Promise<BackendLine[]> {
  const program = new URL("./harness/backends_probe.ts", bench);
  const answer = JSON.parse(await output(runtimeCommand(program, wanted))) as {
    backends?: BackendLine[];
    unknown?: string;
    known?: string[];
  };
  if (!answer.backends) {
    const known = answer.known?.join(", ");
    throw new UsageError(
      `Cannot find backend "${answer.unknown}": the known ones are ${known}`,
    );
  }
  const missing = wanted.length > 0 &&
    answer.backends.find(({ available }) => !available);
  if (missing) {
    throw new UsageError(
      missing.reason ?? `Cannot open backend "${missing.name}" here`,
    );
  }
  return answer.backends;
}
