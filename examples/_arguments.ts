/**
 * Parses the command line of the example scripts, given the default value of
 * each option.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { data, DeviceError, setBackend, train } from "@tenfold/tenfold";

/** Values of the kinds that options have. */
export type Defaults = Readonly<Record<string, number | string | boolean>>;

/** The same options, of the same kinds. */
export type Values<D extends Defaults> = {
  readonly [name in keyof D]: D[name] extends number ? number
    : D[name] extends string ? string
    : boolean;
};

/**
 * Reads the command line: `--name value` for numbers and texts, `--name` for
 * flags, and sets the backend that `--backend` names. Where that cannot be, it
 * ends the program with the reason and the options there are.
 *
 * @param defaults What each option is where nothing is said.
 */
export async function readArguments<const D extends Defaults>(
  defaults: D,
): Promise<Values<D>> {
  const known: Defaults = { ...defaults, backend: "" };
  const usage = Object.entries(known).map(([name, value]) =>
    value === false ? `[--${name}]` : `[--${name} ${value || "NAME"}]`
  ).join(" ");
  const refuse = (why: string): never => {
    console.error(`${why}\nOptions, with their defaults: ${usage}`);
    process.exit(1);
  };
  const values: Record<string, number | string | boolean> = { ...known };
  try {
    const given = parseArgs({
      options: Object.fromEntries(
        Object.entries(known).map(([name, value]) => [name, {
          type: typeof value === "boolean" ? "boolean" : "string",
        }]),
      ),
    }).values;
    Object.assign(values, given);
  } catch (error) {
    refuse((error as Error).message);
  }
  for (const [name, value] of Object.entries(values)) {
    if (typeof known[name] !== "number") continue;
    values[name] = Number(value);
    if (!(Number(value) > 0 && Number.isFinite(Number(value)))) {
      refuse(`Cannot use --${name} as it must be positive: got ${value}`);
    }
  }
  if (values.backend) await setBackend(String(values.backend)).catch(giveUp);
  return values as Values<D>;
}

/**
 * Ends the program with one line, where the line says all: what is wrong with
 * a file, a checkpoint or a backend is not a fault of the program.
 */
export function giveUp(error: unknown): never {
  const clear = [
    data.FileError,
    data.DataFormatError,
    train.CheckpointError,
    DeviceError,
  ].some((kind) => error instanceof kind);
  if (!clear) throw error;
  console.error((error as Error).message);
  process.exit(1);
}
