/**
 * What Deno, Bun and Node run: trains the same small nets as the page, and
 * prints the losses as one line.
 *
 * @module
 */
import { curves } from "./_curves.ts";

console.log(JSON.stringify(await curves()));
