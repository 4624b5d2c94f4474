import { describeSchedule } from "./_schedule_testing.ts";
import { ExponentialLR, MultiStepLR, StepLR } from "./step_lr.ts";

describeSchedule("StepLR", {
  make: (o, lastEpoch = -1) => new StepLR(o, { stepSize: 3, lastEpoch }),
});

describeSchedule("MultiStepLR", {
  make: (o, lastEpoch = -1) =>
    new MultiStepLR(o, { milestones: [2, 5], lastEpoch }),
});

describeSchedule("ExponentialLR", {
  make: (o, lastEpoch = -1) => new ExponentialLR(o, { gamma: 0.9, lastEpoch }),
});
