/**
 * State dicts, and how they are loaded.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import {
  noGradNow,
  showShape,
  showValue,
  unscopedNow,
  UPLOAD_LIKE,
  VALUE,
} from "@tenfold/core/internal";
import { type Rename, renamer } from "./_names.ts";

/**
 * The tensors of a module by name.
 *
 * @example The names and shapes of a model
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const state: nn.StateDict = new nn.Linear(2, 3).stateDict();
 * const shapes = Object.entries(state).map((
 *   [name, { shape }],
 * ) => [name, shape]);
 * assertEquals(shapes, [["weight", [3, 2]], ["bias", [3]]]);
 * ```
 */
export type StateDict = Record<string, Tensor>;

/**
 * Options of {@linkcode Module.loadStateDict}.
 *
 * @example All but a head for other classes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.LoadStateDictOptions = { mismatched: "skip" };
 * const trained = new nn.Sequential(new nn.Linear(4, 8), new nn.Linear(8, 10));
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Linear(8, 3));
 * const { mismatchedKeys } = model.loadStateDict(trained.stateDict(), options);
 * assertEquals(mismatchedKeys, ["1.weight", "1.bias"]);
 * ```
 */
export interface LoadStateDictOptions {
  /**
   * Whether the names of the state dict must match those of the module exactly.
   *
   * @default {true}
   */
  readonly strict?: boolean;
  /**
   * How to treat a tensor whose shape differs from the module's, such as that
   * of a head for other classes: `"error"` throws, `"skip"` leaves the module's
   * tensor unchanged.
   *
   * @default {"error"}
   */
  readonly mismatched?: "error" | "skip";
  /**
   * New names of the tensors: an object that maps names or prefixes of names
   * (`{ module: "", "backbone.fc": "head" }`), or a function that returns the
   * new name, or null to leave the tensor out.
   */
  readonly rename?: Rename;
}

/**
 * The result of {@linkcode Module.loadStateDict}.
 *
 * @example What a file lacks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 3);
 * const report: nn.LoadReport = model.loadStateDict(
 *   { weight: zeros([3, 2]) },
 *   { strict: false },
 * );
 * assertEquals(report.missingKeys, ["bias"]);
 * ```
 */
export interface LoadReport {
  /** Names of the module that are missing in the state dict. */
  readonly missingKeys: string[];
  /** Names of the state dict that are unknown to the module. */
  readonly unexpectedKeys: string[];
  /** Names of tensors whose shape differs from the module's. */
  readonly mismatchedKeys: string[];
  /** Names of the module that were loaded. */
  readonly loadedKeys: string[];
}

/**
 * A state dict that does not fit a module; nothing was changed.
 *
 * @example What is missing
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const { bias: _, ...others } = model.stateDict();
 * const error = assertThrows(
 *   () => model.loadStateDict(others),
 *   nn.StateDictError,
 * );
 * assertEquals(error.missingKeys, ["bias"]);
 * ```
 */
export class StateDictError extends TypeError
  implements Omit<LoadReport, "loadedKeys"> {
  /** Always `"StateDictError"`. */
  override name = "StateDictError";
  /** Names of the module that are missing in the state dict. */
  readonly missingKeys: string[];
  /** Names of the state dict that are unknown to the module. */
  readonly unexpectedKeys: string[];
  /** Names of tensors whose shape differs from the module's. */
  readonly mismatchedKeys: string[];

  /** Creates an error with the names that do not fit. */
  constructor(message: string, report: Omit<LoadReport, "loadedKeys">) {
    super(message);
    this.missingKeys = report.missingKeys;
    this.unexpectedKeys = report.unexpectedKeys;
    this.mismatchedKeys = report.mismatchedKeys;
  }
}

/** Why a tensor cannot be copied into another one, or null. */
function misfit(target: Tensor, source: unknown): string | null {
  if (!(source instanceof Tensor)) {
    return `got ${describe(source)} instead of a tensor`;
  }
  if (source.released) return "got a released tensor";
  const [from, to] = [showShape(source.shape), showShape(target.shape)];
  if (from !== to) return `got shape ${from}, expected ${to}`;
  if (source.device !== target.device && !source.device.backend.readSync) {
    return `got a tensor on ${source.device.name}: move it with await tensor.to("${target.device.name}") first`;
  }
  return null;
}

function describe(value: unknown): string {
  return value === null ? "null" : typeof value;
}

/** Overwrites `target` with the values of `source`, which may be elsewhere. */
export function copyTensor(target: Tensor, source: Tensor): void {
  noGradNow(() => {
    if (source.device === target.device) return target.copy_(source);
    const { dtype } = target;
    const values = source.dataSync();
    const data = DTYPES[dtype].allocate(values.length);
    if (dtype === "bool") data.set(values.map((value) => value ? 1 : 0));
    else data.set(values);
    const staged = unscopedNow(() =>
      target[UPLOAD_LIKE](data, source.shape, dtype)
    );
    target.copy_(staged);
    staged.dispose();
  });
}

/**
 * Copies tensors into others of the same name, once everything fits.
 *
 * @param owner Whose tensors they are, for messages.
 * @throws {StateDictError} If something does not fit.
 */
export function loadTensors(
  owner: string,
  targets: StateDict,
  state: Readonly<Record<string, Tensor>>,
  { strict = true, mismatched = "error", rename }: LoadStateDictOptions,
): LoadReport {
  if (mismatched !== "error" && mismatched !== "skip") {
    throw new RangeError(
      `Cannot load the state dict of ${owner} as mismatched must be "error" or "skip": got ${
        showValue(mismatched)
      }`,
    );
  }
  if (typeof state !== "object" || state === null) {
    throw new TypeError(
      `Cannot load the state dict of ${owner} as it is not an object: got ${
        describe(state)
      }`,
    );
  }
  const sources = rename === undefined ? state : renamed(owner, state, rename);
  const missingKeys = Object.keys(targets).filter((name) =>
    !Object.hasOwn(sources, name)
  );
  const unexpectedKeys = Object.keys(sources).filter((name) =>
    !Object.hasOwn(targets, name)
  );
  const faults: string[] = [];
  if (strict && missingKeys.length > 0) {
    faults.push(`missing ${missingKeys.join(", ")}`);
  }
  if (strict && unexpectedKeys.length > 0) {
    faults.push(`unexpected ${unexpectedKeys.join(", ")}`);
  }
  const common = Object.keys(targets).filter((name) =>
    Object.hasOwn(sources, name)
  );
  const mismatchedKeys = common.filter((name) => {
    const source: unknown = sources[name];
    return source instanceof Tensor && !source.released &&
      showShape(source.shape) !== showShape(targets[name]!.shape);
  });
  const loadedKeys = mismatched === "skip"
    ? common.filter((name) => !mismatchedKeys.includes(name))
    : common;
  const report = { missingKeys, unexpectedKeys, mismatchedKeys };
  for (const name of loadedKeys) {
    const fault = misfit(targets[name]!, sources[name]);
    if (fault) faults.push(`${name}: ${fault}`);
  }
  if (faults.length > 0) {
    const way = Object.values(report).flat().length > 0
      ? '; pass { strict: false, mismatched: "skip" } to load the rest'
      : "";
    throw new StateDictError(
      `Cannot load the state dict into ${owner} as it does not fit: ${
        faults.join("; ")
      }${way}`,
      report,
    );
  }
  copyAll(loadedKeys.map((name) => [targets[name]!, sources[name]!]));
  return { ...report, loadedKeys };
}

/** The tensors by their new names. */
function renamed(
  owner: string,
  state: StateDict,
  rename: Rename,
): StateDict {
  const newName = renamer(rename);
  const from = new Map<string, string>();
  for (const name of Object.keys(state)) {
    const to = newName(name);
    if (to === null) continue;
    const other = from.get(to);
    if (other !== undefined) {
      throw new RangeError(
        `Cannot load the state dict into ${owner} as two names become ${to}: ${other} and ${name}`,
      );
    }
    from.set(to, name);
  }
  return Object.fromEntries([...from].map(([to, name]) => [to, state[name]!]));
}

/**
 * Copies each source into its target. Sources that share memory with targets,
 * such as two parameters of one module that change places, are read before
 * anything is written.
 */
function copyAll(pairs: readonly (readonly [Tensor, Tensor])[]): void {
  const written = new Set(pairs.map(([target]) => target[VALUE].storage));
  const staged: Tensor[] = [];
  try {
    const steps = pairs.flatMap(([target, source]) => {
      if (source === target) return [];
      if (!written.has(source[VALUE].storage)) return [[target, source]];
      const copy = unscopedNow(() => noGradNow(() => source.clone()));
      staged.push(copy);
      return [[target, copy]];
    });
    for (const [target, source] of steps) copyTensor(target!, source!);
  } finally {
    for (const copy of staged) copy.dispose();
  }
}
