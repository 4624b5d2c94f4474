import { describeLayer } from "./_layer_testing.ts";
import {
  AlphaDropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
} from "./feature_dropout.ts";

describeLayer("Dropout1d", {
  make: () => new Dropout1d(),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 4]],
  shown: "Dropout1d(p=0.5)",
});

describeLayer("Dropout2d", {
  make: () => new Dropout2d({ p: 0.2 }),
  inputs: [[2, 3, 2, 2]],
  outputs: [[2, 3, 2, 2]],
  shown: "Dropout2d(p=0.2)",
});

describeLayer("Dropout3d", {
  make: () => new Dropout3d(),
  inputs: [[2, 3, 2, 1, 2]],
  outputs: [[2, 3, 2, 1, 2]],
  shown: "Dropout3d(p=0.5)",
});

describeLayer("AlphaDropout", {
  make: () => new AlphaDropout(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "AlphaDropout(p=0.5)",
});

describeLayer("FeatureAlphaDropout", {
  make: () => new FeatureAlphaDropout(),
  inputs: [[2, 3, 4]],
  outputs: [[2, 3, 4]],
  shown: "FeatureAlphaDropout(p=0.5)",
});
