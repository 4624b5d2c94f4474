import { describeSchedule } from "./_schedule_testing.ts";
import { CyclicLR } from "./cyclic_lr.ts";

describeSchedule("CyclicLR", {
  make: (o, lastEpoch = -1) =>
    new CyclicLR(o, { baseLr: 0.1, maxLr: 1, stepSizeUp: 3, lastEpoch }),
  fixed: true,
});
