/**
 * State dicts: tensors by name, and what it takes to load them.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import {
  noGradNow,
  showShape,
  unscopedNow,
  UPLOAD_LIKE,
  VALUE,
} from "@tenfold/core/internal";

/** The tensors of a module by name. */
export type StateDict = Record<string, Tensor>;

/** What {@linkcode Module.loadStateDict} found. */
export interface LoadReport {
  /** Names of the module that the state dict does not have. */
  readonly missingKeys: string[];
  /** Names of the state dict that the module does not have. */
  readonly unexpectedKeys: string[];
}

/** A state dict that does not fit a module; nothing was changed. */
export class StateDictError extends TypeError implements LoadReport {
  /** Always `"StateDictError"`. */
  override name = "StateDictError";
  /** Names of the module that the state dict does not have. */
  readonly missingKeys: string[];
  /** Names of the state dict that the module does not have. */
  readonly unexpectedKeys: string[];

  /** Lists what does not fit. */
  constructor(message: string, report: LoadReport) {
    super(message);
    this.missingKeys = report.missingKeys;
    this.unexpectedKeys = report.unexpectedKeys;
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
  sources: Readonly<Record<string, Tensor>>,
  strict: boolean,
): LoadReport {
  if (typeof sources !== "object" || sources === null) {
    throw new TypeError(
      `Cannot load the state dict of ${owner} as it is no object: got ${
        describe(sources)
      }`,
    );
  }
  const missingKeys = Object.keys(targets).filter((name) =>
    !Object.hasOwn(sources, name)
  );
  const unexpectedKeys = Object.keys(sources).filter((name) =>
    !Object.hasOwn(targets, name)
  );
  const report = { missingKeys, unexpectedKeys };
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
  for (const name of common) {
    const fault = misfit(targets[name]!, sources[name]);
    if (fault) faults.push(`${name}: ${fault}`);
  }
  if (faults.length > 0) {
    throw new StateDictError(
      `Cannot load the state dict into ${owner} as it does not fit: ${
        faults.join("; ")
      }`,
      report,
    );
  }
  copyAll(common.map((name) => [targets[name]!, sources[name]!]));
  return report;
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
