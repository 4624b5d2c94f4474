/**
 * Wraps around backends: one that watches which kernels run and how much
 * memory is held, and one that slows a kernel down on purpose.
 *
 * @module
 */
import type {
  Buffer,
  Expr,
  Kernel,
  KernelCall,
  Launch,
} from "@tenfold/core/backend";
import type { Backend, DType } from "@tenfold/tenfold";

/**
 * Bytes of an element. Core's own table is not imported: the builds that a
 * comparison measures export it by different names, or not at all.
 */
const BYTES: Readonly<Record<DType, number>> = {
  float16: 2,
  float32: 4,
  float64: 8,
  int32: 4,
  bool: 1,
};

/** A backend beside what was seen of it. */
export interface Watched {
  /** The same backend, watched. */
  readonly backend: Backend;
  /** The names of the kernels that ran. */
  readonly kernels: Set<string>;
  /** How many kernels ran. */
  launches: number;
  /** Bytes that are held at the moment. */
  bytes: number;
  /** The most bytes that were held since this was last set. */
  peakBytes: number;
}

/**
 * Watches a backend. Its methods cost more than before: for checks, never for
 * times.
 */
export function watch(inner: Backend): Watched {
  const sizes = new Map<Buffer, number>();
  const overrides = {
    prepare(kernel: Kernel): Launch | null {
      const launch = inner.prepare(kernel);
      if (!launch) return null;
      const name = describeKernel(kernel);
      return (call) => {
        watched.kernels.add(name);
        watched.launches++;
        launch(call);
      };
    },
    alloc(dtype: DType, size: number): Buffer {
      const buffer = inner.alloc(dtype, size);
      const bytes = size * BYTES[dtype];
      sizes.set(buffer, bytes);
      watched.bytes += bytes;
      watched.peakBytes = Math.max(watched.peakBytes, watched.bytes);
      return buffer;
    },
    free(buffer: Buffer): void {
      watched.bytes -= sizes.get(buffer) ?? 0;
      sizes.delete(buffer);
      inner.free(buffer);
    },
  };
  const watched: Watched = {
    backend: new Proxy(inner, {
      get(target, key) {
        if (Object.hasOwn(overrides, key)) return Reflect.get(overrides, key);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
    kernels: new Set(),
    launches: 0,
    bytes: 0,
    peakBytes: 0,
  };
  return watched;
}

/**
 * Makes every kernel whose name holds `part` take twice as long, to see that a
 * comparison finds it. Call it before the first operation.
 *
 * @returns Tells how many kernels were slowed.
 */
export function slowDown(backend: Backend, part: string): () => number {
  const prepare = backend.prepare.bind(backend);
  let slowed = 0;
  backend.prepare = (kernel) => {
    const launch = prepare(kernel);
    if (!launch || !describeKernel(kernel).includes(part)) return launch;
    slowed++;
    return (call) => {
      const begin = performance.now();
      launch(call);
      if (repeatable(kernel, call)) launch(call);
      else waitUntil(2 * performance.now() - begin);
    };
  };
  return () => slowed;
}

function waitUntil(time: number): void {
  while (performance.now() < time);
}

/** Whether a second run gives the same: nothing that is written is read. */
function repeatable(kernel: Kernel, call: KernelCall): boolean {
  if (kernel.kind === "routine" && kernel.name.startsWith("scatter")) {
    return false;
  }
  const outputs = kernel.kind === "reduce" ? 1 : kernel.outputs.length;
  const written = call.buffers.slice(0, outputs);
  return call.buffers.slice(outputs).every((b) => !written.includes(b));
}

/**
 * What a kernel does, in words: the name of a routine, or `map` and how a
 * reduction combines, with the scalar functions in the order of their use.
 */
export function describeKernel(kernel: Kernel): string {
  switch (kernel.kind) {
    case "routine":
      return kernel.name;
    case "map":
      return `map(${functionsIn(kernel.exprs)})`;
    case "reduce": {
      const { combine, element, epilogue } = kernel;
      return `${combine}(${functionsIn([element, epilogue])})`;
    }
  }
}

function functionsIn(exprs: readonly Expr[]): string {
  const found = new Set<string>();
  const visited = new Set<Expr>();
  const visit = (expr: Expr) => {
    if (visited.has(expr)) return;
    visited.add(expr);
    if (expr.kind === "cast") {
      visit(expr.value);
    } else if (expr.kind === "call") {
      expr.args.forEach(visit);
      found.add(expr.fn);
    }
  };
  exprs.forEach(visit);
  return found.size > 0 ? [...found].join(" ") : "copy";
}
