import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { packageJson, repositoryOf } from "./manifest.ts";

describe("the manifest of a package", () => {
  const self = {
    name: "@tenfold/sample",
    version: "0.1.0",
    description: "A sample.",
    license: "MIT",
    folder: "sample",
    exports: { ".": "./mod.ts" },
    npm: { zod: "^4.0.0" },
    sources: [],
  };

  it("names the repository that a workflow publishes it from", () => {
    const url = repositoryOf({
      GITHUB_SERVER_URL: "https://git.example",
      GITHUB_REPOSITORY: "owner/name",
    });
    assertEquals(url, "git+https://git.example/owner/name.git");
    const { repository } = packageJson(self, new Set(), [], url);
    assertEquals(repository, { type: "git", url, directory: "sample" });
  });

  it("names none elsewhere, and what is imported as dependencies", () => {
    assertEquals(repositoryOf({}), null);
    const manifest = packageJson(self, new Set(["zod/mini"]), [], null);
    assertEquals("repository" in manifest, false);
    assertEquals(manifest.dependencies, { zod: "^4.0.0" });
  });
});
