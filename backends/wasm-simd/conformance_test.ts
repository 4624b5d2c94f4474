import { describe, it } from "@std/testing/bdd";
import { conformance } from "../conformance/mod.ts";
import { wasmSimd } from "./mod.ts";

conformance({ backend: () => wasmSimd(), describe, it });
