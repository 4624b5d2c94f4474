/**
 * Moves tensors of modules between devices.
 *
 * @module
 */
import {
  type Backend,
  type Device,
  DeviceError,
  type Tensor,
} from "@tenfold/core";
import type { Value } from "@tenfold/core/backend";
import { ADOPT_VALUE, OWNER, showShape, VALUE } from "@tenfold/core/internal";

/** A copy of a tensor elsewhere, and what it was copied from. */
interface Moved {
  readonly tensor: Tensor;
  readonly from: Value;
  readonly version: number;
  readonly to: Tensor;
}

/** The moves before; each waits for them, so that the last one asked wins. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Moves tensors and their gradients to a device, all of them or, if something
 * fails on the way, none.
 *
 * @param owner Whose tensors they are, for messages.
 * @param tensors What to move, looked up when it is its turn.
 */
export async function moveTensors(
  owner: string,
  tensors: () => readonly Tensor[],
  device: string | Backend | Device,
): Promise<void> {
  const turn = before.then(() => move(owner, tensors(), device));
  before = turn.catch(() => {});
  await turn;
}

async function move(
  owner: string,
  tensors: readonly Tensor[],
  device: string | Backend | Device,
): Promise<void> {
  const copies: Moved[] = [];
  const copy = async (tensor: Tensor): Promise<Moved> => {
    const { [VALUE]: from } = tensor;
    const { version } = from.storage;
    const to = await tensor.to(device);
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
      if (to.device === tensor.device) continue;
      tensor[ADOPT_VALUE](to.device, to[VALUE].alias());
      if (grad) tensor.grad = grad.to.alias();
    }
  } finally {
    for (const { to } of copies) to.dispose();
  }
}

function changed(owner: string, tensor: Tensor): DeviceError {
  return new DeviceError(
    `Cannot move ${owner} as a tensor of shape ${
      showShape(tensor.shape)
    } in it was changed meanwhile: await the steps that change it first`,
  );
}
