/**
 * Generators in a scope of their own.
 *
 * @module
 */
import type { Scope } from "./scope.ts";
import type { Task } from "./task.ts";

type AnyGenerator = Generator | AsyncGenerator;

/** True for what a generator function or an async one returns. */
export function isGenerator(value: unknown): value is AnyGenerator {
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Generator]" || tag === "[object AsyncGenerator]";
}

/**
 * The same generator, whose body runs in a task of its own, in a scope that
 * ends with it; what it yields goes to the scope of whoever asks for it.
 */
export function scopedGenerator(
  generator: AnyGenerator,
  scope: Scope,
  task: Task,
): AnyGenerator {
  return Symbol.iterator in generator
    ? scoped(generator, scope, task)
    : scopedAsync(generator, scope, task);
}

function* scoped(generator: Generator, scope: Scope, task: Task): Generator {
  let step = () => generator.next();
  try {
    for (;;) {
      const { done, value } = task.run(step);
      scope.yielded(value);
      if (done) return value;
      try {
        const sent = yield value;
        step = () => generator.next(sent);
      } catch (error) {
        step = () => generator.throw(error);
      }
    }
  } finally {
    try {
      task.run(() => generator.return(undefined));
    } finally {
      scope.abandon();
      task.end();
    }
  }
}

async function* scopedAsync(
  generator: AsyncGenerator,
  scope: Scope,
  task: Task,
): AsyncGenerator {
  /** Others run beside the task while it waits. */
  const resume = async <T>(step: () => Promise<T>): Promise<T> => {
    const result = task.run(step);
    task.wait();
    try {
      return await result;
    } finally {
      task.rest();
    }
  };
  let step = () => generator.next();
  try {
    for (;;) {
      const { done, value } = await resume(step);
      scope.yielded(value);
      if (done) return value;
      try {
        const sent: unknown = yield value;
        step = () => generator.next(sent);
      } catch (error) {
        step = () => generator.throw(error);
      }
    }
  } finally {
    try {
      await resume(() => generator.return(undefined));
    } finally {
      scope.abandon();
      task.end();
    }
  }
}
