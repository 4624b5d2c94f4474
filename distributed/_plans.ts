/**
 * What collectives of tensors send, and what becomes of it.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, UPLOAD_LIKE } from "@tenfold/core/internal";
import type {
  Communicator,
  HostArray,
  Pending,
  Reduction,
} from "./_communicator.ts";
import {
  allocateLike,
  changed,
  isOnHost,
  scale,
  sharesMemory,
  write,
} from "./_host.ts";
import { nanGuard } from "./_nan_guard.ts";

/** A collective that is to begin: what is sent, and what becomes of it. */
export interface Plan<T> {
  /** Begins it on the elements that were read; `waits` where the caller does. */
  begin(data: HostArray, waits: boolean): Pending;
  /** Makes the result, once it is done. */
  end(data: HostArray): T;
}

/** A reduction of `target`, a dense copy or the tensor itself. */
export function reducing<T extends Tensor>(
  ranks: Communicator,
  target: Tensor,
  op: Reduction | "mean",
  tensor: T,
): Plan<T> {
  const undo = nanGuard(op);
  return {
    begin: (data, waits) =>
      ranks.allReduce(
        undo.before(data, ranks),
        op === "mean" ? "sum" : op,
        waits,
      ),
    end: (data) => {
      undo.after(data);
      if (op === "mean") scale(data, 1 / ranks.size);
      putBack(target, tensor, data);
      return tensor;
    },
  };
}

/** A broadcast into `target`. */
export function sending<T extends Tensor>(
  ranks: Communicator,
  target: Tensor,
  from: number,
  tensor: T,
): Plan<T> {
  return {
    begin: (data) => ranks.broadcast(data, from),
    end: (data) => {
      putBack(target, tensor, data);
      return tensor;
    },
  };
}

/** The tensors of all ranks along a new dim 0. */
export function gathering(ranks: Communicator, tensor: Tensor): Plan<Tensor> {
  const { shape, dtype } = tensor;
  let into: HostArray;
  return {
    begin: (data) => {
      into = allocateLike(data, data.length * ranks.size);
      return ranks.allGather(data, into);
    },
    end: () =>
      noGradNow(() => tensor[UPLOAD_LIKE](into, [ranks.size, ...shape], dtype)),
  };
}

/** A reduction of which each rank keeps its part along dim 0. */
export function scattering(
  ranks: Communicator,
  tensor: Tensor,
  op: Reduction | "mean",
): Plan<Tensor> {
  const { shape, dtype } = tensor;
  const undo = nanGuard(op);
  let into: HostArray;
  return {
    begin: (data) => {
      into = allocateLike(data, data.length / ranks.size);
      // A copy, as NaN may have to be told apart from what is sent.
      return ranks.reduceScatter(
        undo.guards ? undo.before(data.slice(), ranks) : data,
        into,
        op === "mean" ? "sum" : op,
      );
    },
    end: () => {
      undo.after(into, ranks.rank * into.length);
      if (op === "mean") scale(into, 1 / ranks.size);
      const part = [shape[0]! / ranks.size, ...shape.slice(1)];
      return noGradNow(() => tensor[UPLOAD_LIKE](into, part, dtype));
    },
  };
}

/** Hands the result on where it was not computed in the tensor's memory. */
function putBack(target: Tensor, tensor: Tensor, data: HostArray): void {
  if (isOnHost(target) && sharesMemory(target, data)) changed(target);
  else write(target, data);
  if (target !== tensor) noGradNow(() => tensor.copy_(target));
}
