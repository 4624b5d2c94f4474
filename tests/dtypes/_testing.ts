/**
 * What the tests of this folder share: a suite on each backend, and tests that
 * leave nothing behind.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  type Backend,
  type DType,
  memory,
  scope,
  type Tensor,
} from "@tenfold/core";
import { backendsUnderTest } from "../goldens/backends.ts";
import { onBackend } from "../goldens/harness.ts";

const backends = await backendsUnderTest();

/** Declares a suite once for each backend; it is in use while the tests run. */
export function onEachBackend(
  title: string,
  body: (backend: Backend) => void,
): void {
  for (const backend of backends) {
    const runner = { afterAll, beforeAll, describe, it };
    onBackend(runner, title, backend, () => body(backend));
  }
}

/** A test in a scope of its own that must leave nothing behind. */
export function clean(test: () => Promise<void>): () => Promise<void> {
  return async () => {
    const { tensors, buffers, bytes } = memory();
    {
      using _ = scope();
      await test();
    }
    const after = memory();
    assertEquals(
      [after.tensors, after.buffers, after.bytes],
      [tensors, buffers, bytes],
    );
  };
}

/** The dtypes of a backend. */
export function dtypesOf(backend: Backend): DType[] {
  const all: DType[] = ["bool", "int32", "float16", "float32", "float64"];
  return all.filter((dtype) => backend.dtypes.includes(dtype));
}

/** Dtype and elements of a tensor, for comparisons. */
export async function read(x: Tensor): Promise<[DType, number[]]> {
  return [x.dtype, [...await x.data()]];
}
