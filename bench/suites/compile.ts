/**
 * The same programs eager and compiled.
 *
 * @module
 */
import { compile, nn, randn, scope, type Tensor } from "@tenfold/tenfold";
import {
  type Case,
  type Live,
  scoped,
  type TimedSuite,
} from "../harness/case.ts";
import { NETS, trainingStep } from "./_nets.ts";

/** A function of two tensors, as it is and compiled. */
function pair(
  name: string,
  shape: number[],
  make: () => (x: Tensor, y: Tensor) => Tensor,
): Case[] {
  const open = (compiles: boolean) => (): Live => {
    const fn = make();
    const run = compiles ? compile(fn) : fn;
    const [x, y] = [randn(shape), randn(shape)];
    return scoped([x, y], () => run(x, y));
  };
  return [
    { series: `${name}, eager`, open: open(false) },
    { series: `${name}, compiled`, open: open(true) },
  ];
}

/** Layer norm, GELU and a residual, with the gradients of all of them. */
function block(): (x: Tensor, y: Tensor) => Tensor {
  const norm = new nn.LayerNorm(256);
  return (x, y) => {
    using s = scope();
    norm.zeroGrad();
    const input = x.detach().requiresGrad_();
    const loss = norm.forward(input).gelu().add(input).mul(y).sum();
    loss.backward();
    return s.keep(input.grad!.sum().add(loss.detach()));
  };
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "What does compiling a program save?",
  cases: () => [
    ...NETS.flatMap((net): Case[] =>
      (["eager", "compiled"] as const).map((how) => ({
        series: `${net.name}, ${how}`,
        quick: true,
        work: { amount: net.batch, unit: "sample" },
        stepsToCheck: 3,
        tolerance: 1e-3,
        open: () =>
          how === "eager"
            ? trainingStep(net)
            : trainingStep(net, (step) => compile(step)),
      }))
    ),
    ...pair(
      "eight elementwise operations on 2^20",
      [2 ** 20],
      () => (x, y) =>
        x.mul(2).add(y).sub(0.5).abs().add(1).mul(y).neg().square(),
    ),
    ...pair("layer norm, GELU, residual on 4096×256", [4096, 256], block),
  ],
};
