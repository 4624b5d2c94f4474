/**
 * Looking at what the modules of a model give.
 *
 * @module
 */
import { currentTask, noGradNow, Task } from "@tenfold/core/internal";
import type { AnyModule } from "@tenfold/nn";

/**
 * Calls a function in evaluation mode and without recording; `note` hears of
 * each output of the modules' `forward`.
 */
export function watchForward<T>(
  modules: readonly (readonly [name: string, module: AnyModule])[],
  note: (module: AnyModule, output: unknown) => void,
  run: () => T,
): T {
  const task = new Task(currentTask());
  task.training = new Map(modules.map(([, module]) => [module, false]));
  for (const [, module] of modules) {
    Object.defineProperty(module, "forward", {
      value: (...inputs: never[]) => {
        const { forward } = Object.getPrototypeOf(module);
        const output = forward.apply(module, inputs);
        note(module, output);
        return output;
      },
      configurable: true,
    });
  }
  try {
    return task.run(() => noGradNow(run));
  } finally {
    task.end();
    for (const [, module] of modules) {
      Reflect.deleteProperty(module, "forward");
    }
  }
}
