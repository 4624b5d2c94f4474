/** Opens what the environment asks for, where there is one. */
import "./_register_backends.ts";
import {
  backendFromEnvironment,
  environmentVariable,
  openDevice,
} from "@tenfold/core/internal";

// Nothing is waited for unless one of the two variables is set. A BLAS is loaded
// before programs that wait for nothing begin.
if (environmentVariable("TENFOLD_BLAS") !== null) {
  await openDevice("wasm-simd").catch(() => {});
}
await backendFromEnvironment();
