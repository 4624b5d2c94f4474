/**
 * Places in a program, for errors that name where something began.
 *
 * @module
 */

/** A place: the stack as it was, turned into text when somebody asks. */
export type Place = Error;

/** How many places are recorded without exception. */
const ALWAYS = 1000;
/** Of those after them, one in so many: a place costs a microsecond or two. */
const SHARE = 1024;

let passed = 0;
let tracing = false;

/** From now on every place is recorded: something has gone wrong. */
export function traceAll(): void {
  tracing = true;
}

/** Where the library was called from, or null if that was not recorded. */
export function callPlace(): Place | null {
  if (passed >= ALWAYS && !tracing && passed++ % SHARE !== 0) return null;
  passed++;
  return new Error();
}

/**
 * The folders of the library's packages, as stacks name them: by their place,
 * and by the URL that the source maps of the npm packages give them.
 */
function ownFolders(): readonly string[] {
  // A classic script that a bundler made has no URL.
  const here: string | undefined = import.meta.url;
  return ["core", "backends", "nn", "optim", "data", "train", "tenfold"]
    .flatMap((name) => {
      if (here === undefined) return [];
      const { href } = new URL(`../${name}/`, here);
      return [href, href.replace(/^file:\/\//, ""), `tenfold://${name}/`];
    });
}

let own: readonly string[] | undefined;

/** `file:///a.ts:3:7` out of a line of a stack, in V8's form or JSC's. */
const LOCATION =
  /(?:\(|@|at (?:async )?)((?:[a-z][\w+.-]*:|\/)[^()\s]*:\d+:\d+)/;

/** The place as text: ` at file:///a.ts:3:7`, or empty if it is not known. */
export function showPlace(place: Place | null): string {
  const found: string[] = [];
  for (const line of (place?.stack ?? "").split("\n")) {
    const location = LOCATION.exec(line)?.[1];
    if (location !== undefined) found.push(location);
  }
  const outside = found.find((location) => !isOwn(location));
  // In a bundle everything is one file: below the two calls that record it.
  const best = outside ?? found[2] ?? found.at(-1);
  return best === undefined ? "" : ` at ${best}`;
}

/** Whether a location lies in the library and is not one of its tests. */
function isOwn(location: string): boolean {
  own ??= ownFolders();
  return own.some((folder) => location.startsWith(folder)) &&
    !/_test(ing)?\.ts:/.test(location);
}
