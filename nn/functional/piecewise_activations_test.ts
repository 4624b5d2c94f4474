import { describeGradients } from "./_gradients_testing.ts";
import {
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  prelu,
  relu6,
  rrelu,
  softshrink,
  threshold,
} from "./piecewise_activations.ts";

describeGradients({
  prelu: [[[2, 3], [3]], (x, w) => prelu(x!, w!)],
  hardtanh: [[[5]], (x) => hardtanh(x!)],
  hardswish: [[[5]], (x) => hardswish(x!)],
  softshrink: [[[5]], (x) => softshrink(x!, { lambd: 0.1 })],
  relu6: [[[5]], (x) => relu6(x!)],
  hardsigmoid: [[[5]], (x) => hardsigmoid(x!)],
  hardshrink: [[[5]], (x) => hardshrink(x!, { lambd: 0.1 })],
  threshold: [[[5]], (x) => threshold(x!, { threshold: 0.1, value: 2 })],
  rrelu: [[[5]], (x) => rrelu(x!)],
});
