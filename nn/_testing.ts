/**
 * What the tests of this package share with those of core. Not part of the
 * package.
 *
 * @module
 */
export {
  clean,
  on,
  pause,
  renamed,
  waiting,
  withoutAsyncContext,
} from "../core/_testing.ts";
