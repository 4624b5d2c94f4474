/**
 * Trains until it is stopped, as a job of a worker.
 *
 * @module
 */
import { train } from "@tenfold/tenfold/browser";
import { learn } from "./learn.ts";

train.workerJob((_: null, { signal, report }) => learn(signal, [report]));
