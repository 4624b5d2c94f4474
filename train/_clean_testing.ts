/**
 * Tests that leave no tensor. Apart from what else tests share, as programs
 * that tests start import that without test libraries.
 *
 * @module
 */
import * as bdd from "@std/testing/bdd";
import { clean } from "../core/_testing.ts";

/** A test whose tensors are released at its end; it must leave nothing else. */
export function it(name: string, body: () => void | Promise<void>): void {
  bdd.it(name, clean(body));
}
