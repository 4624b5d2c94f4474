/**
 * Routines that core computes itself, in JavaScript: rare ones that would cost
 * every backend a kernel. They run where memory is read without waiting.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { TypedArray } from "../dtype.ts";
import type {
  KernelCall,
  Launch,
  RoutineKernel,
  RoutineName,
} from "../kernel.ts";

/**
 * The memory of a call: where it lies if a backend lends it, and else copies.
 * Nothing may be allocated on the backend meanwhile.
 */
export interface HostMemory {
  /** The first `length` elements of an operand, outputs first. */
  lend(operand: number, length: number): TypedArray;
  /** Brings what was written to those of an output to where it belongs. */
  done(operand: number, lent: TypedArray): void;
}

/** Computes one call. */
export type HostRoutine = (
  memory: HostMemory,
  call: KernelCall,
  kernel: RoutineKernel,
) => void;

const routines = new Map<RoutineName, HostRoutine>();

/** Has core compute a routine on backends that do not have it. */
export function addHostRoutine(name: RoutineName, run: HostRoutine): void {
  routines.set(name, run);
}

/** What launches a routine of core's own; null where it does not run. */
export function prepareHost(
  backend: Backend,
  kernel: RoutineKernel,
): Launch | null {
  const run = routines.get(kernel.name);
  if (run === undefined || !backend.readSync) return null;
  return (call) => {
    const { buffers, offsets } = call;
    run(
      {
        lend: (i, length) =>
          (backend.hostView ?? backend.readSync!)
            .call(backend, buffers[i], offsets[i]!, length),
        done: (i, data) => {
          if (!backend.hostView) backend.write(buffers[i], offsets[i]!, data);
        },
      },
      call,
      kernel,
    );
  };
}
