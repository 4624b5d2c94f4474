/**
 * Convolutions, forward and with their gradients.
 *
 * @module
 */
import { grad, nn, randn, scope, type Tensor } from "@tenfold/tenfold";
import {
  type Case,
  type Live,
  scoped,
  type TimedSuite,
} from "../harness/case.ts";

interface Options {
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
}

/** One convolution. */
interface Layer extends Options {
  readonly name: string;
  readonly batch: number;
  readonly channels: number;
  readonly side: number;
  readonly filters: number;
  readonly kernel: number;
  readonly quick: boolean;
}

const LAYERS: readonly Layer[] = [
  {
    name: "1→16, 3×3 on 28×28",
    batch: 64,
    channels: 1,
    side: 28,
    filters: 16,
    kernel: 3,
    padding: 1,
    quick: true,
  },
  {
    name: "16→32, 3×3 on 14×14",
    batch: 64,
    channels: 16,
    side: 14,
    filters: 32,
    kernel: 3,
    padding: 1,
    quick: true,
  },
  {
    name: "16→16, 3×3 on 28×28",
    batch: 64,
    channels: 16,
    side: 28,
    filters: 16,
    kernel: 3,
    padding: 1,
    quick: true,
  },
  {
    name: "64→64, 3×3 on 7×7",
    batch: 64,
    channels: 64,
    side: 7,
    filters: 64,
    kernel: 3,
    padding: 1,
    quick: true,
  },
  {
    name: "64→64, 3×3 on 56×56",
    batch: 4,
    channels: 64,
    side: 56,
    filters: 64,
    kernel: 3,
    padding: 1,
    quick: true,
  },
  {
    name: "32 groups, 3×3 on 112×112",
    batch: 1,
    channels: 32,
    side: 112,
    filters: 32,
    kernel: 3,
    padding: 1,
    groups: 32,
    quick: true,
  },
  {
    name: "64→64, 3×3 on 16×16",
    batch: 8,
    channels: 64,
    side: 16,
    filters: 64,
    kernel: 3,
    padding: 1,
    quick: false,
  },
  {
    name: "64→128, 3×3 on 32×32, stride 2",
    batch: 4,
    channels: 64,
    side: 32,
    filters: 128,
    kernel: 3,
    padding: 1,
    stride: 2,
    quick: false,
  },
  {
    name: "128→128, 1×1 on 16×16",
    batch: 8,
    channels: 128,
    side: 16,
    filters: 128,
    kernel: 1,
    quick: false,
  },
  {
    name: "64 groups, 3×3 on 32×32",
    batch: 8,
    channels: 64,
    side: 32,
    filters: 64,
    kernel: 3,
    padding: 1,
    groups: 64,
    quick: false,
  },
];

function open(layer: Layer, backward: boolean): Live {
  const { batch, channels, side, filters, kernel, groups = 1 } = layer;
  const { stride = 1, padding = 0 } = layer;
  const options = { stride, padding, groups };
  const requiresGrad = backward;
  const x = randn([batch, channels, side, side], { requiresGrad });
  const weight = randn([filters, channels / groups, kernel, kernel], {
    requiresGrad,
  });
  if (!backward) {
    return scoped(
      [x, weight],
      () => nn.functional.conv2d(x, weight, null, options),
    );
  }
  let last: Tensor | null = null;
  return {
    inputs: [x, weight],
    run() {
      using s = scope();
      last?.dispose();
      const y = nn.functional.conv2d(x, weight, null, options);
      const [dx, dw] = grad(y, [x, weight], { gradOutputs: [y.detach()] });
      dx.dispose();
      last = s.keep(dw);
    },
    output: () => last,
  };
}

function flops(layer: Layer): number {
  const { batch, channels, side, filters, kernel, groups = 1 } = layer;
  const { stride = 1, padding = 0 } = layer;
  const out = Math.floor((side + 2 * padding - kernel) / stride) + 1;
  return 2 * batch * out * out * filters * (channels / groups) * kernel *
    kernel;
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How many GFLOP/s does a convolution reach?",
  cases: () =>
    LAYERS.flatMap((layer) =>
      [false, true].map((backward): Case => ({
        series: `${layer.name}: ${backward ? "with gradients" : "forward"}`,
        quick: layer.quick,
        essential: layer.quick,
        // Both gradients take as much again as the forward pass.
        work: { amount: (backward ? 3 : 1) * flops(layer), unit: "FLOP" },
        tolerance: 1e-3,
        open: () => open(layer, backward),
      }))
    ),
};
