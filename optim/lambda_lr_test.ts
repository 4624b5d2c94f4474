import { describeSchedule } from "./_schedule_testing.ts";
import { LambdaLR, MultiplicativeLR } from "./lambda_lr.ts";

describeSchedule("LambdaLR", {
  make: (o, lastEpoch = -1) =>
    new LambdaLR(o, { lrLambda: (t) => 1 / (t + 1), lastEpoch }),
});

describeSchedule("MultiplicativeLR", {
  make: (o, lastEpoch = -1) =>
    new MultiplicativeLR(o, { lrLambda: (t) => 1 / t, lastEpoch }),
  continues: true,
});
