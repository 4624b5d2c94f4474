/** Makes the backends known by name; none is opened before it is asked for. */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { backendFromEnvironment, registerBackend } from "@tenfold/core";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });

// Nothing is waited for unless TENFOLD_BACKEND is set.
await backendFromEnvironment();
