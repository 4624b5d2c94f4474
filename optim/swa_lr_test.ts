import { describeSchedule } from "./_schedule_testing.ts";
import { SWALR } from "./swa_lr.ts";

describeSchedule("SWALR", {
  make: (o, lastEpoch = -1) => new SWALR(o, { swaLr: 0.5, lastEpoch }),
  ownRate: true,
});
