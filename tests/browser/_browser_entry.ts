/**
 * A program for browsers that holds on to all of the entry for them.
 *
 * @module
 */
import * as tenfold from "@tenfold/tenfold/browser";

console.log(tenfold);
