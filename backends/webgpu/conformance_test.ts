import { describe, it } from "@std/testing/bdd";
import { conformance } from "@tenfold/backends/conformance";
import { describeWithAdapter } from "./testing.ts";
import { webgpu } from "./mod.ts";

describeWithAdapter("webgpu conforms", () => {
  conformance({ backend: () => webgpu(), describe, it });
});
