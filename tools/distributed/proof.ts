/**
 * Shows what training on several ranks promises: the losses of one process, the
 * samples a second that a second core brings, an end in seconds and a
 * checkpoint that goes on bit for bit where a rank is killed, optimizer state
 * divided by the ranks, an all-reduce as fast as in C.
 *
 *     deno task distributed:proof [curves network speed kills shards reduce]
 *       [--quick] [--data FOLDER] [--json FILE]
 *
 * It takes the launchers of Debian that are there, Open MPI and MPICH, and Deno
 * and Bun; MNIST comes from `--data`, `TENFOLD_DATA` or `../shared/data/mnist`.
 * `--quick` is the short form that the gate runs, on Deno and the digits of the
 * package; it times nothing, and leaves out what tests of the gate show. The last line is `N passed, N failed`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { launchersHere } from "../../distributed/_testing.ts";
import { curves } from "./curves.ts";
import { kills } from "./kills.ts";
import { network } from "./network.ts";
import { reduce } from "./reduce.ts";
import { lineOf, type Proof, type Row, type Setting } from "./rows.ts";
import { shards } from "./shards.ts";
import { speed } from "./speed.ts";

const PROOFS: Readonly<Record<string, Proof>> = {
  curves,
  network,
  speed,
  kills,
  shards,
  reduce,
};
/** Where MNIST may be when nobody says where it is. */
const MNIST = "../shared/data/mnist";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    data: { type: "string" },
    json: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const unknown = positionals.find((name) => !(name in PROOFS));
if (unknown !== undefined) {
  console.error(
    `Cannot prove ${unknown}: there are ${Object.keys(PROOFS).join(", ")}`,
  );
  Deno.exit(1);
}
if (launchersHere().length === 0) {
  console.error(
    "Cannot prove anything as there is no mpirun: apt-get install openmpi-bin libopenmpi-dev mpich libmpich-dev",
  );
  Deno.exit(1);
}
const setting: Setting = {
  quick: values.quick,
  seed: Number(values.seed),
  data: values.data ?? Deno.env.get("TENFOLD_DATA") ?? await folderOf(MNIST),
  runtimes: !values.quick && await hasBun() ? ["deno", "bun"] : ["deno"],
};
const rows: Row[] = [];
for (const [name, proof] of Object.entries(PROOFS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for await (const row of proof(setting)) {
    rows.push(row);
    console.log(lineOf(row));
  }
}
if (values.json) {
  const date = new Date().toISOString();
  await Deno.writeTextFile(
    values.json,
    `${JSON.stringify({ date, deno: Deno.version.deno, rows }, null, 2)}\n`,
  );
}
const failed = rows.filter(({ holds }) => holds === false).length;
const passed = rows.filter(({ holds }) => holds === true).length;
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

async function folderOf(path: string): Promise<string | undefined> {
  const found = await Deno.stat(path).catch(() => null);
  return found?.isDirectory ? path : undefined;
}

async function hasBun(): Promise<boolean> {
  try {
    return (await new Deno.Command("bun", { args: ["--version"] }).output())
      .success;
  } catch {
    return false;
  }
}
