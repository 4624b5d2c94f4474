/**
 * Zip archives for the tests.
 *
 * @module
 */
import { zipSync } from "fflate";

/** An archive of some files, stored. */
export function zipOf(files: { [name: string]: Uint8Array }): Uint8Array {
  return zipSync(files, { level: 0, mtime: "1980-01-02T00:00:00" });
}
