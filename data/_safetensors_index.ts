/**
 * The index of a checkpoint that lies in several safetensors files.
 *
 * @module
 */
import { JsonError, JsonReader } from "./_json_header.ts";
import { DataFormatError } from "./errors.ts";

/** What an index says. */
export interface ShardIndex {
  readonly names: readonly string[];
  /** The file of each tensor. */
  readonly fileOf: ReadonlyMap<string, string>;
  readonly metadata: { [key: string]: string };
}

function indexError(why: string): DataFormatError {
  return new DataFormatError(`Cannot read the safetensors index as ${why}`);
}

/** Reads an index; the files that it names lie beside it, nowhere else. */
export function parseShardIndex(bytes: Uint8Array): ShardIndex {
  const fileOf = new Map<string, string>();
  let found = false;
  const metadata: [string, string][] = [];
  try {
    const json = new JsonReader(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    );
    json.object((key) => {
      if (key === "weight_map" && json.kind === "object") {
        found = true;
        json.object((name) => fileOf.set(name, readFileName(json)), repeated);
      } else if (key === "metadata" && json.kind === "object") {
        json.object((name) => {
          if (json.kind === "string") metadata.push([name, json.string()]);
          else if (json.kind === "number") {
            metadata.push([name, String(json.number())]);
          } else json.skip();
        }, repeated);
      } else json.skip();
    }, repeated);
    json.end();
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw indexError(
      `it is not JSON in UTF-8${
        error instanceof JsonError ? `: ${error.message}` : ""
      }`,
    );
  }
  if (!found) throw indexError("it has no weight_map");
  return {
    names: [...fileOf.keys()],
    fileOf,
    metadata: Object.fromEntries(metadata),
  };
}

function repeated(key: string): never {
  throw indexError(`it names ${JSON.stringify(key.slice(0, 80))} twice`);
}

function readFileName(json: JsonReader): string {
  const file = json.kind === "string" ? json.string() : json.fail();
  if (!/^[^/\\:]+$/.test(file) || /^\.+$/.test(file)) {
    throw indexError(
      `a file must lie beside it: got ${JSON.stringify(file.slice(0, 80))}`,
    );
  }
  return file;
}
