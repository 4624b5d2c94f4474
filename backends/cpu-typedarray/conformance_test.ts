import { describe, it } from "@std/testing/bdd";
import { conformance } from "../conformance/mod.ts";
import { cpuTypedArray } from "./mod.ts";

describe("cpu-typedarray", () => {
  conformance({ backend: () => cpuTypedArray(), describe, it });
});

describe("cpu-typedarray without generated code", () => {
  conformance({
    backend: () => cpuTypedArray({ codegen: false }),
    describe,
    it,
  });
});
