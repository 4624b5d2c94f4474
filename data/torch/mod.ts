/**
 * Files of PyTorch: the tensors of a `.pt` or `.pth`, without running anything
 * that is in it.
 *
 * @module
 */
export {
  loadTorch,
  type LoadTorchOptions,
  type TorchValue,
} from "./load_torch.ts";
