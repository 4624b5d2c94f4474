/**
 * Tells JSR the description and the runtimes of each package, as it keeps both
 * beside the files. Needs `JSR_TOKEN` and
 * `JSR_API`, the address of JSR's API; the release workflow runs it.
 *
 * @module
 */
import { readPackages } from "./pack/workspace.ts";

const token = Deno.env.get("JSR_TOKEN");
const api = Deno.env.get("JSR_API");
if (!token || !api) throw new Error("JSR_TOKEN or JSR_API is not set");

const RUNTIMES = { browser: true, bun: true, deno: true, node: true };

for (const { name, description } of await readPackages()) {
  const [scope, short] = name.slice(1).split("/");
  for (const change of [{ description }, { runtimeCompat: RUNTIMES }]) {
    const answer = await fetch(
      `${api}/scopes/${scope}/packages/${short}`,
      {
        method: "PATCH",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(change),
      },
    );
    if (!answer.ok) {
      throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    }
  }
  console.log(`${name}: ${description}`);
}
