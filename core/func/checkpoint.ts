/**
 * Memory for time: parts of a function that are computed again in backward.
 *
 * @module
 */
import { type CustomNode, walk } from "../autograd/backward.ts";
import { isRecording, withRecording } from "../autograd/mode.ts";
import { type Edge, nextSequence, Saved, TapeNode } from "../autograd/node.ts";
import { withCasting } from "../casting.ts";
import { isFloating } from "../dtype.ts";
import { EDGE, VALUE } from "../members.ts";
import { checkCount } from "../options.ts";
import { notingKeys, type RandomKey, withKeys } from "../random_state.ts";
import { tidyNow } from "../scope.ts";
import { currentTask } from "../task.ts";
import { checkTensor, FACTORY, homeOf, Tensor, wrapValue } from "../tensor.ts";
import { type Arguments, type Inputs, listOf } from "./jvp.ts";
import { refusePromise } from "./structure.ts";

type Results = Tensor | readonly Tensor[];
type Computation = (...inputs: Tensor[]) => Results;

/** A function that backward runs again. */
class CheckpointNode extends TapeNode implements CustomNode {
  readonly #fn: Computation;
  readonly #keys: readonly RandomKey[];
  readonly #origins: readonly (Edge | null)[];
  readonly #like: Tensor["device"];
  readonly #casting: object | null = currentTask().casting;

  constructor(
    fn: Computation,
    keys: readonly RandomKey[],
    inputs: readonly Tensor[],
    edges: readonly Edge[],
  ) {
    super("checkpoint", edges, inputs.map((x) => new Saved(x[VALUE])));
    this.#fn = fn;
    this.#keys = keys;
    // Those that are needed are among the edges, which are held.
    this.#origins = inputs.map(({ [EDGE]: edge }) =>
      edges.find((held) => same(held, edge)) ?? null
    );
    this.#like = inputs[0]!.device;
  }

  gradients(outputs: readonly (Tensor | null)[]): (Tensor | null)[] {
    const createGraph = isRecording();
    const inputs = this.saved.map((entry, i) => {
      const value = entry!.unpack(this.name).alias();
      return wrapValue(
        homeOf(value, this.#like),
        value,
        this.#origins[i] ?? null,
      );
    });
    const since = nextSequence();
    const again = withRecording(
      true,
      () =>
        withKeys(
          this.#keys,
          () => withCasting(this.#casting, () => listOf(this.#fn(...inputs))),
        ),
    );
    const roots = again.flatMap((y, i) => {
      const gradient = outputs[i];
      const { [EDGE]: edge } = y;
      return edge && gradient ? [{ edge, gradient: gradient.alias() }] : [];
    });
    const gradients = walk(roots, {
      createGraph,
      retainGraph: createGraph,
      targets: this.edges as readonly Edge[],
      since,
    }, FACTORY);
    // Those of a walk are nobody's; these go with the scope that asks.
    return gradients.map((gradient) => {
      const own = gradient?.alias() ?? null;
      gradient?.dispose();
      return own;
    });
  }
}

const same = (a: Edge, b: Edge | null): boolean =>
  b !== null && a.node === b.node && a.output === b.output;

/** The places on the tape from before `since` that results come from. */
function origins(results: readonly Tensor[], since: number): Edge[] {
  const found: Edge[] = [];
  const seen = new Set<TapeNode>();
  const pending = results.flatMap(({ [EDGE]: edge }) => edge ?? []);
  for (let edge = pending.pop(); edge; edge = pending.pop()) {
    const { node } = edge;
    if (node.sequence < since) {
      const known = edge;
      if (!found.some((other) => same(other, known))) found.push(edge);
    } else if (!seen.has(node)) {
      seen.add(node);
      pending.push(...node.edges.filter((next) => next !== null));
    }
  }
  return found;
}

/**
 * Calls a function and saves only its inputs: what its operations need for
 * backward is recomputed during backward. A net of n layers in √n checkpoints
 * needs memory as for √n layers, and one more forward.
 *
 * Random numbers are the same again, so that dropout drops the same elements.
 * Other effects of the function, such as running averages of batch norms,
 * happen once more in backward.
 *
 * @param fn A function of the inputs that gives a tensor, or several in an
 * array. It may use others, such as parameters, which get their gradients as
 * usual. It may not be async.
 * @param inputs One tensor, or one for each argument.
 * @returns What the function gives.
 * @throws {TypeError} If the function is async or gives something else.
 * @throws {GradientError} In backward, if an input was changed in place.
 * @example Two layers that keep nothing between them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkpoint } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * checkpoint((x) => x.square().mul(3), x).sum().backward();
 * assertEquals(await x.grad?.toArray(), [6, 12]);
 * ```
 */
export function checkpoint<
  const X extends Inputs,
  R extends Tensor | readonly Tensor[],
>(fn: (...inputs: Arguments<X>) => R, inputs: X): R {
  checkCount("checkpoint", arguments.length, 2);
  const list = listOf(inputs);
  if (!Array.isArray(list)) checkTensor(list, "the input", "checkpoint");
  list.forEach((x, i) => checkTensor(x, `input ${i}`, "checkpoint"));
  const run = fn as unknown as Computation;
  if (!isRecording() || list.length === 0) return run(...list) as R;
  return tidyNow(() => {
    const since = nextSequence();
    const keys: RandomKey[] = [];
    const result = notingKeys(keys, () => run(...list));
    refusePromise("checkpoint", result);
    const results = listOf(result);
    if (!Array.isArray(results)) {
      checkTensor(results, "the result of the function", "checkpoint");
    }
    const edges = origins(results, since);
    if (edges.length === 0) return result as R;
    const node = new CheckpointNode(run, keys, list, edges);
    const tracked = results.map((y, output) => {
      const edge = y.requiresGrad && isFloating(y.dtype)
        ? { node, output }
        : null;
      return wrapValue(y.device, y[VALUE].alias(), edge);
    });
    return (result instanceof Tensor ? tracked[0] : tracked) as R;
  });
}
