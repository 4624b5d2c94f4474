/**
 * Files of PyTorch: the tensors of a `.pt` or `.pth` file, without executing
 * any code in it.
 *
 * @module
 */
export {
  loadTorch,
  type LoadTorchOptions,
  type TorchValue,
} from "./load_torch.ts";
