/**
 * Training and evaluation modes of modules.
 *
 * @module
 */
import { currentTask, Task } from "@tenfold/core/internal";
import type { Model } from "./model.ts";

/**
 * Calls a function in a task in which the modules of a model have modes of
 * their own: they begin as they are, and go when the function is done. Two that
 * run at once do not see each other's.
 *
 * @param run The function. What it does without waiting belongs to the task
 * that it is given; what comes after an `await` does where the runtime can tell
 * tasks apart.
 */
export async function withOwnModes<T>(
  model: Model,
  run: (task: Task) => Promise<T>,
): Promise<T> {
  const task = new Task(currentTask());
  task.training = new Map(
    model.modules().map((module) => [module, module.training]),
  );
  task.wait();
  try {
    return await task.run(() => run(task));
  } finally {
    task.end();
  }
}
