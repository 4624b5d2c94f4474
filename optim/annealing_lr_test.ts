import { describeSchedule } from "./_schedule_testing.ts";
import { CosineAnnealingLR, LinearLR } from "./annealing_lr.ts";

describeSchedule("CosineAnnealingLR", {
  make: (o, lastEpoch = -1) => new CosineAnnealingLR(o, { tMax: 6, lastEpoch }),
});

describeSchedule("LinearLR", {
  make: (o, lastEpoch = -1) => new LinearLR(o, { totalIters: 6, lastEpoch }),
});
