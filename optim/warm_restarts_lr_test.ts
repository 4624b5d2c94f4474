import { describeSchedule } from "./_schedule_testing.ts";
import { CosineAnnealingWarmRestarts } from "./warm_restarts_lr.ts";

describeSchedule("CosineAnnealingWarmRestarts", {
  make: (o, lastEpoch = -1) =>
    new CosineAnnealingWarmRestarts(o, { t0: 3, tMult: 2, lastEpoch }),
});
