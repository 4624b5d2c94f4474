/**
 * A program for browsers that holds on to everything.
 *
 * @module
 */
import * as tenfold from "@tenfold/tenfold";

console.log(tenfold);
