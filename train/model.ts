/**
 * The type of models.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Module } from "@tenfold/nn";

/** A module that computes one tensor from one or several. */
export type Model = Module<never[], Tensor>;
