/**
 * Moves tensors of modules between devices.
 *
 * @module
 */
import { type Backend, type Device, noGrad, type Tensor } from "@tenfold/core";

/**
 * Moves tensors and their gradients to a device, all of them or, if something
 * fails on the way, none.
 */
export async function moveTensors(
  tensors: readonly Tensor[],
  device: string | Backend | Device,
): Promise<void> {
  const copies: Tensor[] = [];
  const copy = async (tensor: Tensor): Promise<Tensor> => {
    const moved = await noGrad(() => tensor.to(device));
    moved.owner = null;
    copies.push(moved);
    return moved;
  };
  try {
    const moved: { to: Tensor; grad: Tensor | null }[] = [];
    for (const tensor of tensors) {
      const to = await copy(tensor);
      moved.push({ to, grad: tensor.grad && await copy(tensor.grad) });
    }
    tensors.forEach((tensor, i) => {
      const { to, grad } = moved[i]!;
      if (to.device === tensor.device) return;
      tensor.adoptValue(to.device, to.value.alias());
      if (grad) tensor.grad = grad.alias();
    });
  } finally {
    for (const moved of copies) moved.dispose();
  }
}
