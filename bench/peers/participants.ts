/**
 * Who takes part in a run beside other libraries.
 *
 * @module
 */
import { output, runtimeCommand } from "../harness/channel.ts";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** A library in one of its settings. */
export interface Participant {
  /** As the table and the file of results call it. */
  readonly name: string;
  /** The library. */
  readonly library: "tenfold" | "tfjs" | "jax-js" | "PyTorch";
  /** The setting, in few letters. */
  readonly setting: string;
  /** Whom it is compared with: ours on the same kind of device. */
  readonly group: "cpu" | "gpu";
  /** What starts its process. */
  readonly command: readonly string[];
}

const here = (path: string) => new URL(path, import.meta.url);
const PACKAGES = here("./packages.json");

function ours(
  backend: string,
  threads = "",
  suffix = "",
  how: "eager" | "compiled" = "eager",
): Participant {
  const name = how === "compiled" ? `${backend} compiled` : backend;
  const setting = [name, threads].filter(Boolean).join(", ");
  return {
    name: `tenfold ${setting}`,
    library: "tenfold",
    setting,
    group: backend === "webgpu" ? "gpu" : "cpu",
    command: runtimeCommand(here("./ours.ts"), [`${backend}${suffix}`, how]),
  };
}

function peer(
  library: "tfjs" | "jax-js",
  setting: string,
  group: "cpu" | "gpu",
  ...args: string[]
): Participant {
  const program = here(library === "tfjs" ? "./tfjs.ts" : "./jax.ts");
  return {
    name: `${library} ${setting}`,
    library,
    setting,
    group,
    command: runtimeCommand(program, args, PACKAGES),
  };
}

function pytorch(
  python: string,
  setting: string,
  threads: number,
): Participant {
  const program = fileURLToPath(here("./pytorch.py"));
  return {
    name: `PyTorch ${setting}`,
    library: "PyTorch",
    setting,
    group: "cpu",
    command: [python, program, `${threads}`],
  };
}

/** All that could take part here; the first of a group is the measure. */
export async function participants(
  backends: readonly string[],
): Promise<Participant[]> {
  const cores = Math.max(cpus().length, 1);
  const python = await findPython();
  const own = [
    ...backends.includes("wasm-simd")
      ? [
        ours("wasm-simd", "1 thread", ":1"),
        ours("wasm-simd", "1 thread", ":1", "compiled"),
        ...cores > 1
          ? [ours("wasm-simd", "all threads", `:${Math.min(cores, 8)}`)]
          : [],
      ]
      : [],
    ...backends.filter((name) => name !== "wasm-simd" && name !== "webgpu")
      .map((name) => ours(name)),
  ];
  return [
    ...own,
    peer("tfjs", "cpu", "cpu", "cpu", "1"),
    peer("tfjs", "wasm, 1 thread", "cpu", "wasm", "1"),
    peer("tfjs", "wasm, all threads", "cpu", "wasm", `${cores}`),
    peer("jax-js", "wasm eager, 1 thread", "cpu", "wasm", "eager", "1"),
    peer("jax-js", "wasm compiled, 1 thread", "cpu", "wasm", "compiled", "1"),
    peer("jax-js", "wasm eager, all threads", "cpu", "wasm", "eager", "all"),
    peer(
      "jax-js",
      "wasm compiled, all threads",
      "cpu",
      "wasm",
      "compiled",
      "all",
    ),
    pytorch(python, "1 thread", 1),
    pytorch(python, "all threads", 0),
    ...backends.includes("webgpu")
      ? [ours("webgpu"), ours("webgpu", "", "", "compiled")]
      : [],
    peer("tfjs", "webgpu", "gpu", "webgpu", "1"),
    peer("jax-js", "webgpu eager", "gpu", "webgpu", "eager", "1"),
    peer("jax-js", "webgpu compiled", "gpu", "webgpu", "compiled", "1"),
  ];
}

/** A Python that has PyTorch, or the first one. */
async function findPython(): Promise<string> {
  const candidates = ["python3", "/usr/bin/python3"];
  for (const python of candidates) {
    try {
      await output([python, "-c", "import torch"]);
      return python;
    } catch {
      // The next one may have it; if none has, its process says why.
    }
  }
  return candidates[0]!;
}
