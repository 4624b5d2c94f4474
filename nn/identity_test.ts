import { describeLayer } from "./_layer_testing.ts";
import { Identity } from "./identity.ts";

describeLayer("Identity", {
  make: () => new Identity(),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  shown: "Identity()",
});
