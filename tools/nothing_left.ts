/**
 * The last test of files that share one process.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { memory } from "../core/storage.ts";

/**
 * Registers a test that the tests registered before leave no tensors: those
 * that one of them leaves to the garbage collector vanish while another counts.
 */
export function nothingIsLeft(): void {
  const { tensors } = memory();
  it("leave no tensors behind", () => {
    assertEquals(memory().tensors, tensors);
  });
}
