/**
 * The conformance suite: generated tests that every backend must pass. The test
 * runner is passed in, so that backends of other packages can run it.
 *
 * @module
 */
export * from "./conformance.ts";
