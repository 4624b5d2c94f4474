import { describeSchedule } from "./_schedule_testing.ts";
import { ConstantLR, PolynomialLR } from "./polynomial_lr.ts";

describeSchedule("ConstantLR", {
  make: (o, lastEpoch = -1) => new ConstantLR(o, { totalIters: 6, lastEpoch }),
});

describeSchedule("PolynomialLR", {
  make: (o, lastEpoch = -1) =>
    new PolynomialLR(o, { totalIters: 9, power: 2, lastEpoch }),
});
