/**
 * A program for browsers that needs one function.
 *
 * @module
 */
import { ones } from "@tenfold/tenfold";

console.log(ones([1]).shape);
