/**
 * A program for browsers that imports tensors and layers alone.
 *
 * @module
 */
import * as core from "@tenfold/core";
import * as nn from "@tenfold/nn";

console.log(core, nn);
