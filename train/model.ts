/**
 * What can be trained.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Module } from "@tenfold/nn";

/** A module that makes one tensor of one or several. */
export type Model = Module<never[], Tensor>;
