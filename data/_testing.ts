/**
 * The backend of this package's tests. Not part of the package.
 *
 * @module
 */
import { registerBackend } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });
