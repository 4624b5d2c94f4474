import { describeSchedule } from "./_schedule_testing.ts";
import { CosineAnnealingLR, LinearLR } from "./annealing_lr.ts";
import { ChainedScheduler, SequentialLR } from "./combined_lr.ts";
import { ExponentialLR } from "./step_lr.ts";

describeSchedule("SequentialLR", {
  make: (o) =>
    new SequentialLR(o, {
      schedulers: [
        new LinearLR(o, { totalIters: 3 }),
        new CosineAnnealingLR(o, { tMax: 4 }),
      ],
      milestones: [3],
    }),
  combined: true,
});

describeSchedule("ChainedScheduler", {
  make: (o) =>
    new ChainedScheduler([
      new LinearLR(o, { totalIters: 3 }),
      new ExponentialLR(o, { gamma: 0.9 }),
    ]),
  combined: true,
});
