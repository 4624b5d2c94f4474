import { describeLazy } from "./_lazy_testing.ts";
import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
} from "./conv_transpose.ts";
import {
  LazyConvTranspose1d,
  LazyConvTranspose2d,
  LazyConvTranspose3d,
} from "./lazy_conv_transpose.ts";

describeLazy([
  [
    () => new LazyConvTranspose1d(2, 3, { stride: 2 }),
    () => new ConvTranspose1d(3, 2, 3, { stride: 2 }),
    [1, 3, 4],
  ],
  [
    () => new LazyConvTranspose2d(2, 3),
    () => new ConvTranspose2d(3, 2, 3),
    [3, 4, 4],
  ],
  [
    () => new LazyConvTranspose3d(2, 2),
    () => new ConvTranspose3d(3, 2, 2),
    [1, 3, 2, 2, 2],
  ],
]);
