/**
 * The pictures in a folder, or among files that a person has chosen.
 *
 * @module
 */
import { showValue } from "@tenfold/core/internal";
import { fileModules, listFolder, readFile, showPath } from "../_fs.ts";
import { DataFormatError } from "../errors.ts";
import type { ByteSource } from "../source.ts";
import type { ImageSample } from "./image_folder.ts";

/** A picture's file. */
export interface Entry {
  /** Its path below the folder, with slashes. */
  readonly path: string;
  read(): Promise<ByteSource> | ByteSource;
}

const PICTURE = /\.(png|jpe?g)$/i;

/** By code points, as Python sorts. */
const byPath = (a: Entry, b: Entry) => a.path < b.path ? -1 : 1;

/**
 * The pictures below a folder, sorted by path.
 *
 * @throws {FileError} If the folder cannot be read.
 * @throws {DataFormatError} If a folder of a class has none, or there is none.
 */
export async function entriesOfFolder(
  root: string | URL | Iterable<File>,
  operation: string,
): Promise<Entry[]> {
  if (typeof root !== "string" && !(root instanceof URL)) {
    if (typeof root?.[Symbol.iterator] !== "function") {
      throw new TypeError(
        `Cannot ${operation} as it takes a path, a URL or files: got ${
          showValue(root)
        }`,
      );
    }
    return chosen([...root], operation);
  }
  const { paths, file: base } = fileModules("read", root);
  const entries: Entry[] = [];
  /** Whether there is a picture in the folder or below. */
  async function walk(below: string): Promise<boolean> {
    let any = false;
    for (
      const { name, isFolder } of await listFolder(paths.join(base, below))
    ) {
      const path = below === "" ? name : `${below}/${name}`;
      if (isFolder) {
        const some = await walk(path);
        if (!some && below === "") {
          throw new DataFormatError(
            `Cannot ${operation} as the folder of a class has no PNG or JPEG file: ${path}`,
          );
        }
        any ||= some;
      } else if (below !== "" && PICTURE.test(name)) {
        entries.push({ path, read: () => readFile(paths.join(base, path)) });
        any = true;
      }
    }
    return any;
  }
  await walk("");
  return checked(entries, operation, showPath(root));
}

function chosen(files: readonly File[], operation: string): Entry[] {
  const entries = files.flatMap((file): Entry[] => {
    const whole = file.webkitRelativePath || file.name;
    // The first part is the folder that was chosen.
    const path = whole.split("/").slice(1).join("/");
    return path.includes("/") && PICTURE.test(path)
      ? [{ path, read: () => file }]
      : [];
  });
  return checked(entries, operation, `${files.length} files`);
}

function checked(entries: Entry[], operation: string, what: string): Entry[] {
  if (entries.length > 0) return entries.sort(byPath);
  throw new DataFormatError(
    `Cannot ${operation} as there is no folder of a class with PNG or JPEG files in it, such as ${
      what === "" ? "." : what
    }/cat/1.png: got ${what}`,
  );
}

/** The classes by the first part of the paths, and what belongs to each. */
export function classesOf(
  entries: readonly Entry[],
): { classes: readonly string[]; samples: readonly ImageSample[] } {
  const nameOf = (path: string) => path.slice(0, path.indexOf("/"));
  const classes = [...new Set(entries.map(({ path }) => nameOf(path)))].sort();
  const labels = new Map(classes.map((name, label) => [name, label]));
  return {
    classes,
    samples: entries.map(({ path }) => ({
      path,
      label: labels.get(nameOf(path))!,
    })),
  };
}
