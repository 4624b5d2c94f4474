/**
 * Moves tensors of modules between devices, and from one float dtype to another.
 *
 * @module
 */
import {
  type Backend,
  type Device,
  DeviceError,
  type FloatDType,
  isFloating,
  type Tensor,
} from "@tenfold/core";
import type { Value } from "@tenfold/core/backend";
import {
  ADOPT_VALUE,
  noGradNow,
  OWNER,
  parseOptions,
  showShape,
  VALUE,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { placeFields } from "./_options.ts";

/**
 * Options of {@linkcode Module.to}.
 *
 * @example Parameters in half precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.MoveOptions = { dtype: "float16" };
 * const model = new nn.Linear(2, 1);
 * await model.to(options);
 * assertEquals(model.weight.dtype, "float16");
 * ```
 */
export interface MoveOptions {
  /**
   * The name of a backend, a backend, or a device.
   *
   * @default {the device of each tensor}
   */
  readonly device?: string | Backend | Device | undefined;
  /**
   * The dtype that floats are cast to; integers and bools are left unchanged.
   *
   * @default {the dtype of each tensor}
   */
  readonly dtype?: FloatDType | undefined;
}

/** A copy of a tensor elsewhere, and what it was copied from. */
interface Moved {
  readonly tensor: Tensor;
  readonly from: Value;
  readonly version: number;
  readonly to: Tensor;
}

const schema = () => z.strictObject(placeFields);

/** Where to move to, by options or by a device alone. */
export function targetOf(
  owner: string,
  to: string | Backend | Device | MoveOptions,
): MoveOptions {
  const isOptions = typeof to === "object" && to !== null &&
    ("dtype" in to || "device" in to);
  return isOptions
    ? parseOptions(schema, to, `move ${owner}`) as MoveOptions
    : { device: to as string | Backend | Device };
}

/** The moves before; each waits for them, so that the last one asked wins. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Moves tensors and their gradients, all of them or, if something fails on the
 * way, none.
 *
 * @param owner Whose tensors they are, for messages.
 * @param tensors What to move, looked up when it is its turn.
 */
export async function moveTensors(
  owner: string,
  tensors: () => readonly Tensor[],
  target: MoveOptions,
): Promise<void> {
  const turn = before.then(() => move(owner, tensors(), target));
  before = turn.catch(() => {});
  await turn;
}

async function move(
  owner: string,
  tensors: readonly Tensor[],
  target: MoveOptions,
): Promise<void> {
  const copies: Moved[] = [];
  const copy = async (tensor: Tensor): Promise<Moved> => {
    const { [VALUE]: from } = tensor;
    const { version } = from.storage;
    const to = await copyOf(tensor, target);
    to[OWNER] = null;
    const moved = { tensor, from, version, to };
    copies.push(moved);
    return moved;
  };
  try {
    const pairs: { moved: Moved; grad: Moved | null }[] = [];
    for (const tensor of tensors) {
      const moved = await copy(tensor);
      pairs.push({ moved, grad: tensor.grad && await copy(tensor.grad) });
    }
    // From here on nothing waits.
    for (const { tensor, from, version } of copies) {
      const same = !tensor.released && tensor[VALUE] === from &&
        from.storage.version === version;
      if (!same) throw changed(owner, tensor);
    }
    for (const { moved: { tensor }, grad } of pairs) {
      if (tensor.grad !== (grad?.tensor ?? null)) throw changed(owner, tensor);
    }
    for (const { moved: { tensor, to }, grad } of pairs) {
      if (to.device === tensor.device && to.dtype === tensor.dtype) continue;
      tensor[ADOPT_VALUE](to.device, to[VALUE].alias());
      if (grad) tensor.grad = grad.to.alias();
    }
  } finally {
    for (const { to } of copies) to.dispose();
  }
}

/** A tensor as it shall be. */
async function copyOf(
  tensor: Tensor,
  { device, dtype }: MoveOptions,
): Promise<Tensor> {
  const there = device === undefined
    ? tensor.detach()
    : await tensor.to(device);
  if (dtype === undefined || !isFloating(there.dtype)) return there;
  const cast = noGradNow(() => there.cast(dtype));
  there.dispose();
  return cast;
}

function changed(owner: string, tensor: Tensor): DeviceError {
  return new DeviceError(
    `Cannot move ${owner} as a tensor of shape ${
      showShape(tensor.shape)
    } in it was changed meanwhile: await the steps that change it first`,
  );
}
