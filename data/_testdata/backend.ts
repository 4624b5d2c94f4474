/**
 * The backend of the tests.
 *
 * @module
 */
import { registerBackend } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";

registerBackend("cpu-typedarray", () => cpuTypedArray());
