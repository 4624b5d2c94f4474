// What the tests need of the standard library: loads only where JSR, or a
// copy of it in the cache, is at hand.
import "@std/assert";
import "@std/testing/bdd";
