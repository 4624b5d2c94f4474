/**
 * Schemas of options: what checks a value, fills in defaults and gives the
 * TypeScript type, from one description. The names and the issues are those of
 * zod, of which this is the part that options need, at a tenth of its weight.
 *
 * @module
 */
import type { OptionFields, OptionsIssue } from "./options.ts";

/** What is wrong, and whether more can be said of the value all the same. */
interface Issue extends OptionsIssue {
  /** True where the value has the right type and a check failed. */
  readonly goesOn?: boolean;
}

/** What a schema made of a value. */
export type Parsed<T> =
  | { readonly success: true; readonly data: T; readonly error?: undefined }
  | {
    readonly success: false;
    readonly data?: undefined;
    readonly error: { readonly issues: readonly OptionsIssue[] };
  };

/** What takes the place of a value: refused, `undefined`, or no key at all. */
export type Absence = "refused" | "undefined" | "missing";

/** What a refinement may say beside its message. */
export interface Complaint {
  /** A predicate that follows the name of the field. */
  readonly error: string;
  /** The field, seen from the object. */
  readonly path?: readonly PropertyKey[];
}

/** What {@linkcode Schema.superRefine} reports to. */
export interface IssueContext {
  /** Says what is wrong. */
  addIssue(
    issue: {
      readonly code: string;
      readonly expected?: string;
      readonly message: string;
    },
  ): void;
}

type Run = (value: unknown, issues: Issue[]) => unknown;

/** Checks a value; made by the functions of this file. */
export class Schema<T, A extends Absence = "refused"> {
  /** The fields of an object. */
  readonly shape?: OptionFields;
  /** What may stand for the value; for the types alone. */
  declare readonly absence: A;
  /** The value behind the checks; for the types alone. */
  declare readonly value: T;
  readonly #run: Run;
  readonly #absent: Absence;
  readonly #inner: Schema<unknown, Absence> | null;

  /** Programs call the functions of this file. */
  constructor(
    run: Run,
    { shape, absent = "refused", inner = null }: {
      readonly shape?: OptionFields | undefined;
      readonly absent?: Absence;
      readonly inner?: Schema<unknown, Absence> | null;
    } = {},
  ) {
    this.#run = run;
    if (shape) this.shape = shape;
    this.#absent = absent;
    this.#inner = inner;
  }

  /** The value with its defaults, or what is wrong with it. */
  safeParse(value: unknown): Parsed<T> {
    const issues: Issue[] = [];
    const data = this.#run(value, issues) as T;
    return issues.length === 0
      ? { success: true, data }
      : { success: false, error: { issues } };
  }

  /** Parses a part of a value and says where in it the issues are. */
  within(key: PropertyKey, value: unknown, issues: Issue[]): unknown {
    const own: Issue[] = [];
    const data = this.#run(value, own);
    for (const issue of own) {
      issues.push({ ...issue, path: [key, ...issue.path] });
    }
    return data;
  }

  /** Whether an object may lack the key. */
  get mayLack(): boolean {
    return this.#absent === "missing";
  }

  /** The schema without `optional`, `default` and the like. */
  unwrap(): Schema<unknown, Absence> | undefined {
    return this.#inner ?? undefined;
  }

  #check(code: string, holds: (value: T) => boolean, complaint: Complaint) {
    const { error: message, path = [] } = complaint;
    return new Schema<T, A>((value, issues) => {
      const before = issues.length;
      const data = this.#run(value, issues) as T;
      const wrong = issues.slice(before).some(({ goesOn }) => !goesOn);
      if (!wrong && !holds(data)) {
        issues.push({ code, path, message, goesOn: true });
      }
      return data;
    }, { shape: this.shape });
  }

  /** At least so great, or so long. */
  min(least: number, error = "Invalid input"): Schema<T, A> {
    return this.#check("too_small", (v) => sizeOf(v) >= least, { error });
  }

  /** At most so great, or so long. */
  max(most: number, error = "Invalid input"): Schema<T, A> {
    return this.#check("too_big", (v) => sizeOf(v) <= most, { error });
  }

  /** Greater. */
  gt(bound: number, error = "Invalid input"): Schema<T, A> {
    return this.#check("too_small", (v) => sizeOf(v) > bound, { error });
  }

  /** Less. */
  lt(bound: number, error = "Invalid input"): Schema<T, A> {
    return this.#check("too_big", (v) => sizeOf(v) < bound, { error });
  }

  /** Greater than 0. */
  positive(error?: string): Schema<T, A> {
    return this.gt(0, error);
  }

  /** At least 0. */
  nonnegative(error?: string): Schema<T, A> {
    return this.min(0, error);
  }

  /** Text that matches. */
  regex(pattern: RegExp, error = "Invalid input"): Schema<T, A> {
    const matches = (v: T) => pattern.test(String(v));
    return this.#check("invalid_format", matches, { error });
  }

  /** A condition of one's own. */
  refine(
    holds: (value: T) => boolean,
    complaint: string | Complaint = "Invalid input",
  ): Schema<T, A> {
    return this.#check(
      "custom",
      holds,
      typeof complaint === "string" ? { error: complaint } : complaint,
    );
  }

  /** A check that says itself what is wrong. */
  superRefine(check: (value: T, context: IssueContext) => void): Schema<T, A> {
    return new Schema<T, A>((value, issues) => {
      const before = issues.length;
      const data = this.#run(value, issues) as T;
      if (issues.length === before) {
        check(data, {
          addIssue: (issue) =>
            issues.push({ ...issue, path: [], goesOn: true }),
        });
      }
      return data;
    }, { shape: this.shape });
  }

  /** Another value in place of the one that is right. */
  transform<U>(change: (value: T) => U): Schema<U, A> {
    return new Schema<U, A>((value, issues) => {
      const before = issues.length;
      const data = this.#run(value, issues) as T;
      return issues.length === before ? change(data) : data;
    });
  }

  /** The same, which the type does not let change. */
  readonly(): Schema<Readonly<T>, A> {
    return this as unknown as Schema<Readonly<T>, A>;
  }

  /** Or null. */
  nullable(): Schema<T | null, A> {
    return new Schema(
      (value, issues) => value === null ? null : this.#run(value, issues),
      { inner: this },
    );
  }

  /** Or left out, or undefined. */
  optional(): Schema<T | undefined, "undefined"> {
    return new Schema(
      (value, issues) =>
        value === undefined ? undefined : this.#run(value, issues),
      { absent: "missing", inner: this },
    );
  }

  /** Or left out. */
  exactOptional(): Schema<T, "missing"> {
    return new Schema((value, issues) => this.#run(value, issues), {
      absent: "missing",
      inner: this,
    });
  }

  /** Another value where it is left out or undefined. */
  default(value: T): Schema<T> {
    return new Schema(
      (given, issues) =>
        given === undefined ? copyOf(value) : this.#run(given, issues),
      { inner: this },
    );
  }
}

/** The length of text and arrays, a number itself. */
function sizeOf(value: unknown): number {
  return typeof value === "number"
    ? value
    : (value as ArrayLike<unknown>).length;
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  const plain = typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
  return plain ? { ...value } : value;
}

// deno-lint-ignore no-explicit-any -- any schema
type Any = Schema<any, Absence>;

/** The type of what a schema gives. */
export type output<S> = S extends Schema<infer T, Absence> ? T : never;

/** The type of an object of fields. */
export type Fields<F extends { readonly [name: string]: Any }> = Flat<
  & {
    -readonly [K in keyof F as F[K]["absence"] extends "refused" ? K : never]:
      F[K]["value"];
  }
  & {
    -readonly [K in keyof F as F[K]["absence"] extends "refused" ? never : K]?:
      F[K]["value"];
  }
>;

type Flat<T> = { [K in keyof T]: T[K] };

/** How errors are given: as a message, or made from the value. */
export type Message = string | {
  readonly error: string | ((issue: { readonly input: unknown }) => string);
};

function typed<T>(
  expected: string,
  holds: (value: unknown) => boolean,
  message: Message | undefined,
): Schema<T> {
  return new Schema((value, issues) => {
    if (!holds(value)) issues.push(wrongType(expected, message));
    return value;
  });
}

function wrongType(expected: string, message: Message | undefined): Issue {
  return {
    code: "invalid_type",
    expected,
    path: [],
    message: textOf(message, `Invalid input: expected ${expected}`),
  };
}

function textOf(
  message: Message | undefined,
  otherwise: string,
  input?: unknown,
): string {
  if (typeof message !== "object") return message ?? otherwise;
  const { error } = message;
  return typeof error === "string" ? error : error({ input });
}

/** Text. */
export function string(message?: Message): Schema<string> {
  return typed("string", (v) => typeof v === "string", message);
}

/** A number, neither NaN nor infinite. */
export function number(message?: Message): Schema<number> {
  return typed("number", (v) => Number.isFinite(v), message);
}

/** A whole number that is represented exactly. */
export function int(message?: Message): Schema<number> {
  return new Schema((value, issues) => {
    if (Number.isSafeInteger(value)) return value;
    if (Number.isInteger(value)) {
      const code = value as number > 0 ? "too_big" : "too_small";
      const text = textOf(message, "Invalid input");
      issues.push({ code, path: [], message: text, goesOn: true });
    } else {
      const fraction = Number.isFinite(value);
      issues.push(wrongType(fraction ? "int" : "number", message));
    }
    return value;
  });
}

/** True or false. */
export function boolean(message?: Message): Schema<boolean> {
  return typed("boolean", (v) => typeof v === "boolean", message);
}

/** Anything. */
export function unknown(): Schema<unknown, "undefined"> {
  return new Schema((value) => value, { absent: "missing" });
}

/** Anything, for what checks it itself. */
// deno-lint-ignore no-explicit-any -- as in zod
export function any(): Schema<any> {
  return new Schema((value) => value);
}

/** One of some values. */
function oneOf<T>(values: readonly T[], message?: Message): Schema<T> {
  return new Schema((value, issues) => {
    if (!values.includes(value as T)) {
      const text = textOf(message, "Invalid input");
      issues.push({ code: "invalid_value", values, path: [], message: text });
    }
    return value;
  });
}

/** One of some words. */
function words<const W extends string>(
  values: readonly W[],
  message?: Message,
): Schema<W> {
  return oneOf(values, message);
}

export { words as enum };

/** One value. */
export function literal<const T extends string | number | boolean | null>(
  value: T,
  message?: Message,
): Schema<T> {
  return oneOf([value], message);
}

/** What a condition holds for. */
export function custom<T>(
  holds: (value: unknown) => boolean,
  message?: Message,
): Schema<T> {
  return new Schema((value, issues) => {
    if (!holds(value)) {
      const text = textOf(message, "Invalid input");
      issues.push({ code: "custom", path: [], message: text, goesOn: true });
    }
    return value;
  });
}

/** What a class made. */
function instance<T>(
  of: new (...args: never[]) => T,
  message?: Message,
): Schema<T> {
  return typed(of.name, (value) => value instanceof of, message);
}

export { instance as instanceof };

/** An address of the web. */
export function url(
  { protocol, error }: { readonly protocol: RegExp; readonly error: string },
): Schema<string> {
  return new Schema((value, issues) => {
    if (typeof value !== "string") issues.push(wrongType("string", error));
    else if (!URL.canParse(value) || !protocol.test(protocolOf(value))) {
      issues.push({ code: "invalid_format", path: [], message: error });
    }
    return value;
  });
}

function protocolOf(address: string): string {
  return new URL(address).protocol.slice(0, -1);
}

/** An array of one kind of elements. */
export function array<T>(
  element: Schema<T, Absence>,
  message?: Message,
): Schema<T[]> {
  return new Schema((value, issues) => {
    if (Array.isArray(value)) {
      return value.map((item, i) => element.within(i, item, issues));
    }
    issues.push(wrongType("array", message));
    return value;
  });
}

/** An array of as many elements as there are schemas. */
export function tuple<const S extends readonly Any[]>(
  elements: S,
  message?: Message,
): Schema<{ -readonly [I in keyof S]: output<S[I]> }> {
  return new Schema((value, issues) => {
    if (Array.isArray(value) && value.length === elements.length) {
      return value.map((item, i) => elements[i]!.within(i, item, issues));
    }
    if (Array.isArray(value)) {
      const text = textOf(message, "Invalid input");
      const code = value.length < elements.length ? "too_small" : "too_big";
      issues.push({ code, path: [], message: text });
    } else issues.push(wrongType("array", message));
    return value;
  });
}

/** An object of any names. */
export function record<T>(
  _names: Schema<string>,
  values: Schema<T, Absence>,
  message?: Message,
): Schema<{ [name: string]: T }> {
  return new Schema((value, issues) => {
    if (!isObject(value)) {
      issues.push(wrongType("record", message));
      return value;
    }
    const made: { [name: string]: unknown } = {};
    for (const name of Object.keys(value)) {
      put(made, name, values.within(name, value[name], issues));
    }
    return made;
  });
}

/** What one of several schemas takes. */
export function union<const S extends readonly Any[]>(
  branches: S,
  message?: Message,
): Schema<output<S[number]>> {
  return new Schema((value, issues) => {
    const errors: Issue[][] = [];
    for (const branch of branches) {
      const { success, data, error } = branch.safeParse(value);
      if (success) return data;
      errors.push(error!.issues as Issue[]);
    }
    // The one branch of the right type says best what is wrong.
    const near = errors.filter((found) => found.every(({ goesOn }) => goesOn));
    if (near.length === 1) issues.push(...near[0]!);
    else {
      const text = textOf(message, "Invalid input", value);
      issues.push({ code: "invalid_union", errors, path: [], message: text });
    }
    return value;
  });
}

/** An object of named fields; others are left out. */
export function object<const F extends { readonly [name: string]: Any }>(
  fields: F,
): Schema<Fields<F>> {
  return fieldsOf(fields, false);
}

/** An object of named fields; others are refused. */
export function strictObject<const F extends { readonly [name: string]: Any }>(
  fields: F,
): Schema<Fields<F>> {
  return fieldsOf(fields, true);
}

function fieldsOf<T>(
  fields: { readonly [name: string]: Any },
  strict: boolean,
): Schema<T> {
  return new Schema((value, issues) => {
    if (!isObject(value)) {
      issues.push(wrongType("object", undefined));
      return value;
    }
    const made: { [name: string]: unknown } = {};
    for (const name of Object.keys(fields)) {
      const field = fields[name]!;
      const given = name in value;
      if (!given && field.mayLack) continue;
      const data = field.within(name, value[name], issues);
      if (given || data !== undefined) put(made, name, data);
    }
    const keys = strict
      ? Object.keys(value).filter((name) => !Object.hasOwn(fields, name))
      : [];
    if (keys.length > 0) {
      const message = `Invalid input: unknown ${keys.join(", ")}`;
      issues.push({ code: "unrecognized_keys", keys, path: [], message });
    }
    return made;
  }, { shape: fields });
}

function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets a field of whatever name, `__proto__` too. */
function put(made: object, name: string, value: unknown): void {
  if (name in made) {
    Object.defineProperty(made, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else (made as { [name: string]: unknown })[name] = value;
}
