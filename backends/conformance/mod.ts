/**
 * The laws that every backend must keep, as tests that are generated for it.
 * The test runner is passed in, so that a backend made elsewhere can run them.
 *
 * @module
 */
export * from "./conformance.ts";
