/**
 * Backends with one thing wrong each, for the tests of the suite.
 *
 * @module
 */
import type { Backend, TypedArray } from "@tenfold/core";
import {
  call,
  constant,
  type Expr,
  type Kernel,
  type KernelCall,
  type Launch,
  type RoutineKernel,
  type ScalarFunction,
} from "@tenfold/core/backend";

/** A kernel with other expressions in it. */
export function rewritten(
  kernel: Kernel,
  change: (expr: Expr) => Expr,
): Kernel {
  const known = new Map<Expr, Expr>();
  const rewrite = (expr: Expr): Expr => {
    let made = known.get(expr);
    if (!made) {
      made = change(
        expr.kind === "call"
          ? { ...expr, args: expr.args.map(rewrite) }
          : expr.kind === "cast"
          ? { ...expr, value: rewrite(expr.value) }
          : expr,
      );
      known.set(expr, made);
    }
    return made;
  };
  switch (kernel.kind) {
    case "map":
      return { ...kernel, exprs: kernel.exprs.map(rewrite) };
    case "reduce":
      return {
        ...kernel,
        element: rewrite(kernel.element),
        epilogue: rewrite(kernel.epilogue),
      };
    case "routine":
      return kernel;
  }
}

/** `backend` with another `prepare`, and whatever else is given. */
export function altered(
  backend: Backend,
  prepare: (kernel: Kernel) => Launch | null,
  rest: Partial<Backend> = {},
): Backend {
  return {
    name: `${backend.name} with a fault`,
    dtypes: backend.dtypes,
    maxBufferBytes: backend.maxBufferBytes,
    alloc: (dtype, size) => backend.alloc(dtype, size),
    free: (buffer) => backend.free(buffer),
    write: (buffer, offset, data) => backend.write(buffer, offset, data),
    read: (buffer, offset, length) => backend.read(buffer, offset, length),
    prepare,
    ...rest,
  };
}

/** Another expression for the calls of one scalar function. */
function wrongFunction(
  backend: Backend,
  fn: ScalarFunction,
  change: (expr: Expr & { readonly kind: "call" }) => Expr,
): Backend {
  return altered(backend, (kernel) =>
    backend.prepare(
      rewritten(
        kernel,
        (expr) => expr.kind === "call" && expr.fn === fn ? change(expr) : expr,
      ),
    ));
}

/** Other arguments for the calls of some kernels. */
function wrongCall(
  backend: Backend,
  which: (kernel: Kernel) => boolean,
  change: (call: KernelCall) => KernelCall,
): Backend {
  return altered(backend, (kernel) => {
    const launch = backend.prepare(kernel);
    if (!launch || !which(kernel)) return launch;
    return (call) => launch(change(call));
  });
}

/** Something that happens after the calls of some kernels. */
function afterwards(
  backend: Backend,
  which: (kernel: Kernel) => boolean,
  change: (arrays: readonly TypedArray[], call: KernelCall) => void,
): Backend {
  return altered(backend, (kernel) => {
    const launch = backend.prepare(kernel);
    if (!launch || !which(kernel)) return launch;
    return (call) => {
      launch(call);
      change(call.buffers as readonly TypedArray[], call);
    };
  });
}

const isRoutine = (name: RoutineKernel["name"]) => (kernel: Kernel): boolean =>
  kernel.kind === "routine" && kernel.name === name;
const isMap = (kernel: Kernel): boolean => kernel.kind === "map";

/** A fault: how to make it, and which tests of the suite must see it. */
export interface FaultyBackend {
  /** The fault. */
  readonly what: string;
  /** The tests that are run; at least one must fail. */
  readonly tests: RegExp;
  /** A backend whose buffers are typed arrays, with the fault. */
  readonly make: (backend: Backend) => Backend;
}

/** Faults that backends have had, or could have. */
export const FAULTY_BACKENDS: readonly FaultyBackend[] = [
  {
    what: "an exponential that is off by 1e-5",
    tests: /reference > exp of float32$/,
    make: (backend) =>
      wrongFunction(
        backend,
        "exp",
        (expr) => call("mul", expr, constant(1.00001, expr.dtype)),
      ),
  },
  {
    what: "a maximum that loses NaN",
    tests: /reference > maximum of float32$/,
    make: (backend) =>
      wrongFunction(
        backend,
        "max",
        ({ args: [a, b] }) => call("select", call("gt", a!, b!), a!, b!),
      ),
  },
  {
    what: "a negation that loses the sign of zero",
    tests: /reference > neg of float32$/,
    make: (backend) =>
      wrongFunction(
        backend,
        "neg",
        ({ args: [x] }) => call("sub", constant(0, x!.dtype), x!),
      ),
  },
  {
    what: "a random generator with another key",
    tests: /reference > random of int32$/,
    make: (backend) =>
      wrongFunction(backend, "threefry", (expr) => ({
        ...expr,
        args: [...expr.args.slice(0, 3), constant(1, "int32")],
      })),
  },
  {
    what: "negative strides that are walked forwards",
    tests: /reference > abs of float32$/,
    make: (backend) =>
      wrongCall(backend, isMap, (call) => ({
        ...call,
        strides: call.strides.map((own) => own.map(Math.abs)),
      })),
  },
  {
    what: "offsets of inputs that are forgotten",
    tests: /reference > sum of int32$/,
    make: (backend) =>
      wrongCall(backend, ({ kind }) => kind === "reduce", (call) => ({
        ...call,
        offsets: call.offsets.map(() => 0),
      })),
  },
  {
    what: "scalars that stay those of the first call",
    tests: /reference > full of float32$/,
    make: (backend) => {
      let first: readonly number[] | null = null;
      return wrongCall(backend, isMap, (call) => {
        if (call.scalars.length > 0) first ??= call.scalars;
        return { ...call, scalars: first ?? call.scalars };
      });
    },
  },
  {
    what: "a write in front of the output",
    tests: /kernels .*> maps$/,
    make: (backend) =>
      afterwards(backend, isMap, ([output], { offsets }) => {
        if (offsets[0]! > 0) output![offsets[0]! - 1] = 1;
      }),
  },
  {
    what: "a sort that gives equal elements in any order",
    tests: /reference > sort of int32$/,
    make: (backend) =>
      afterwards(backend, isRoutine("sort"), ([values, indices]) => {
        for (let i = 1; i < values!.length; i++) {
          if (values![i] !== values![i - 1]) continue;
          const index = indices![i]!;
          indices![i] = indices![i - 1]!;
          indices![i - 1] = index;
        }
      }),
  },
  {
    what: "a product that forgets its bias",
    tests: /reference > (matmul|linear) of float32$/,
    make: (backend) =>
      altered(backend, (kernel) => {
        const withBias = isRoutine("matmul")(kernel) &&
          kernel.inputs.length === 3;
        if (!withBias) return backend.prepare(kernel);
        const { inputs } = kernel as RoutineKernel;
        const launch = backend.prepare({
          ...kernel as RoutineKernel,
          inputs: inputs.slice(0, 2),
        });
        return launch && ((call) =>
          launch({
            ...call,
            buffers: call.buffers.slice(0, 3),
            offsets: call.offsets.slice(0, 3),
            strides: call.strides.slice(0, 3),
          }));
      }),
  },
  {
    what: "a gather that checks no bounds",
    tests: /indices that are out of range$/,
    make: (backend) =>
      wrongCall(backend, isRoutine("gather"), (call) => ({
        ...call,
        scalars: [2 ** 31],
      })),
  },
  {
    what: "memory that is handed out twice",
    tests: /handed out again/,
    make: (backend) => {
      const pool: Float32Array[] = [];
      return altered(backend, (kernel) => backend.prepare(kernel), {
        alloc: (dtype, size) => {
          const at = pool.findIndex(({ length }) => length >= size);
          if (dtype !== "float32" || at < 0) return backend.alloc(dtype, size);
          return pool.splice(at, 1)[0]!.subarray(0, size);
        },
        free: (buffer) => {
          if (buffer instanceof Float32Array) pool.push(buffer, buffer);
        },
      });
    },
  },
  {
    what: "an answer of null to a map",
    tests: /reference > add of float32$/,
    make: (backend) =>
      altered(
        backend,
        (kernel) => isMap(kernel) ? null : backend.prepare(kernel),
      ),
  },
  {
    what: "a routine that is refused and not declared",
    tests: /reference > cumsum of float32$/,
    make: (backend) =>
      altered(backend, (kernel) => {
        const launch = backend.prepare(kernel);
        return isRoutine("cumsum")(kernel)
          ? () => {
            throw new TypeError("no");
          }
          : launch;
      }),
  },
  {
    what: "a step that changes what it reads",
    tests: /random programs .*> \d+ programs$/,
    make: (backend) =>
      afterwards(backend, isMap, (arrays, { offsets }) => {
        const input = arrays[2];
        if (input) input[offsets[2]!]! ^= 1;
      }),
  },
];
