/**
 * The command line of the MNIST scripts.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { listBackends } from "@tenfold/tenfold";

/** What a script does where nobody says otherwise. */
export interface Defaults {
  /** How often to go through the digits. */
  readonly epochs: number;
  /** Digits in a step. */
  readonly batchSize: number;
  /** The largest learning rate. */
  readonly lr: number;
}

/** What the command line asks for. */
export interface Options extends Defaults {
  /** The backend to compute on; that of `TENFOLD_BACKEND`, or the default. */
  readonly backend: string | undefined;
  /** The folder of MNIST. */
  readonly data: string | undefined;
  /** How many digits to learn from, and at most to test with. */
  readonly limit: number;
  /** The file that keeps the state of training. */
  readonly checkpoint: string;
  /** After how many steps to save it. */
  readonly saveEvery: number;
  /** Whether to go on from it. */
  readonly resume: boolean;
}

/** MNIST's digits to learn from. */
const DIGITS = 60_000;

/**
 * Reads the command line. Where it asks for what does not exist or cannot be,
 * this ends the program with the offending value and the usage.
 *
 * @param script The name of the script, which its files have too.
 * @param defaults What to do where nothing is said.
 */
export function readOptions(script: string, defaults: Defaults): Options {
  const backends = listBackends().map(({ name }) => name);
  const checkpoint = `out/${script}.checkpoint.safetensors`;
  /** Each option that takes a value: the value's name, and what it is. */
  const described: Record<string, [string, string]> = {
    data: ["FOLDER", "where MNIST is (TENFOLD_DATA, mnist, ../shared/data)"],
    backend: ["NAME", backends.join(", ")],
    epochs: ["N", `how often to go through the digits (${defaults.epochs})`],
    "batch-size": ["N", `digits in a step (${defaults.batchSize})`],
    lr: ["RATE", `the largest learning rate (${defaults.lr})`],
    limit: ["N", `how many digits to learn from (${DIGITS})`],
    checkpoint: ["FILE", `keeps the state of training (${checkpoint})`],
    "save-every": ["N", "after how many steps to save it (200)"],
  };
  const lines = Object.entries(described)
    .map(([name, [value, text]]) => [`--${name} ${value}`, text])
    .concat([
      ["--resume", "go on from the checkpoint, if there is one"],
      ["--help", "show this"],
    ])
    .map(([left, right]) => `  ${left!.padEnd(20)}${right}`);
  const usage = `Usage: ${script}.ts [options]\n${lines.join("\n")}`;

  const refuse = (why: string): never => {
    console.error(`${why}\n\n${usage}`);
    process.exit(1);
  };
  const { values, tokens } = parseArgs({
    options: {
      ...Object.fromEntries(
        Object.keys(described).map((name) =>
          [name, { type: "string" }] as const
        ),
      ),
      resume: { type: "boolean" },
      help: { type: "boolean" },
    },
    // Every token is looked at here: `--lr -1` shall be refused for the -1.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      refuse(`Cannot use the argument ${token.value}: there are only options`);
      continue;
    }
    const { name, rawName, value } = token;
    const isFlag = name === "resume" || name === "help";
    if (!isFlag && !(name in described)) {
      refuse(`Cannot use the option ${rawName}: there is none`);
    } else if (isFlag && value !== undefined) {
      refuse(`Cannot use ${rawName} with a value: got ${value}`);
    } else if (!isFlag && value === undefined) {
      refuse(`Cannot use ${rawName} without a value`);
    }
  }
  if (values["help"] === true) {
    console.log(usage);
    process.exit(0);
  }

  const text = (name: string): string | undefined => {
    const value = values[name] as string | undefined;
    if (value === "") refuse(`Cannot use --${name} as its value is empty`);
    return value;
  };
  const number = (
    name: string,
    usual: number,
    expected: string,
    holds: (value: number) => boolean,
  ): number => {
    const value = text(name);
    if (value === undefined) return usual;
    if (value.trim() !== "" && holds(Number(value))) return Number(value);
    return refuse(
      `Cannot use --${name} as it must be ${expected}: got ${value}`,
    );
  };
  const integer = (name: string, usual: number, most = Infinity): number =>
    number(
      name,
      usual,
      `an integer from 1 ${most === Infinity ? "on" : `to ${most}`}`,
      (value) => Number.isSafeInteger(value) && value >= 1 && value <= most,
    );

  const backend = text("backend");
  if (backend !== undefined && !backends.includes(backend)) {
    refuse(
      `Cannot use --backend as it must be ${
        backends.join(" or ")
      }: got ${backend}`,
    );
  }
  return {
    backend,
    data: text("data"),
    epochs: integer("epochs", defaults.epochs),
    batchSize: integer("batch-size", defaults.batchSize, DIGITS),
    lr: number(
      "lr",
      defaults.lr,
      "a positive number",
      (value) => value > 0 && Number.isFinite(value),
    ),
    limit: integer("limit", DIGITS, DIGITS),
    checkpoint: text("checkpoint") ?? checkpoint,
    saveEvery: integer("save-every", 200),
    resume: values["resume"] === true,
  };
}
