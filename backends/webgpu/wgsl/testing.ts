/**
 * The shaders of all kernels, as a device gets them: every case of conformance,
 * and what these are too small for, on a GPU that compiles nothing.
 *
 * @module
 */
import {
  cat,
  type DType,
  rand,
  scope,
  type Tensor,
  zeros,
} from "@tenfold/core";
import { HELD_DTYPES } from "./dtype.ts";
import { functional } from "@tenfold/nn";
import { NAMES, specOf } from "../../conformance/ops/table.ts";
import { Random } from "../../conformance/random.ts";
import { Session } from "../../conformance/session.ts";
import { WebgpuBackend } from "../backend.ts";
import { FakeGpu } from "../device/testing.ts";
import { profileOf, type ProfileOverrides } from "../device/profile.ts";

/**
 * Shaders by their text, with their labels, as a device with this profile gets
 * them.
 */
export function collectShaders(
  overrides: ProfileOverrides,
): ReadonlyMap<string, string> {
  const fake = new FakeGpu();
  const { device } = fake;
  const backend = new WebgpuBackend(
    device,
    profileOf(device, {}, overrides),
    "a fake",
  );
  // These differ little by the adapter.
  if (!overrides.software && !overrides.subgroups) {
    runCases(new Session(backend));
  }
  runLarge(backend);
  backend.dispose();
  return fake.shaders;
}

const DTYPES: readonly DType[] = HELD_DTYPES;

function runCases(session: Session): void {
  for (const name of NAMES) {
    const row = specOf(name);
    for (const dtype of DTYPES.filter((dtype) => row.dtypes.includes(dtype))) {
      const random = new Random(1, `${name} ${dtype}`);
      for (const { op, inputs } of row.cases(dtype, random)) {
        if (inputs.some(({ dtype }) => !session.has(dtype))) continue;
        const placed = inputs.map((input) => session.place(input, random));
        try {
          const results = session.device.apply(
            op,
            placed.map(({ value }) => value),
          );
          for (const result of results) result.release();
        } catch {
          // What is refused has no shader.
        }
        for (const { value } of placed) value.release();
      }
    }
  }
}

/** Kernels that are taken where there is much to do. */
function runLarge(device: WebgpuBackend): void {
  const at = (shape: number[], dtype: DType = "float32"): Tensor =>
    zeros(shape, { dtype, device });
  // Four elements at once, in every access.
  for (const dtype of DTYPES) {
    using _ = scope();
    const x = at([64, 128], dtype);
    for (const y of [at([128], dtype), at([64, 1], dtype), at([1], dtype)]) {
      x.eq(y).logicalAnd(x);
      if (dtype !== "bool") x.add(y).maximum(x.t().reshape([64, 128]));
    }
    cat([x, x], 1);
    at([128, 160], dtype).t().contiguous();
  }
  for (const [m, k, n] of MATRICES) {
    using _ = scope();
    for (const bias of [null, at([n])]) {
      for (
        const a of [
          at([m, k]),
          at([k, m]).t(),
          at([m, k + 1]).slice(1, 1, k + 1),
        ]
      ) {
        for (const b of [at([n, k]), at([k, n]).t()]) {
          if (bias) functional.linear(a, b, bias);
          else a.matmul(b.t());
        }
      }
    }
  }
  using _ = scope();
  at([300, 200], "int32").matmul(at([200, 300], "int32"));
  const image = at([2, 8, 40, 40]);
  const filter = at([16, 8, 3, 3]).requiresGrad_();
  for (const bias of [null, at([16])]) {
    functional.conv2d(image, filter, bias).sum().backward();
  }
  functional.conv2d(at([1, 512, 4, 4]), at([8, 512, 3, 3]), at([8]));
  functional.maxPool2d(image, { kernelSize: 3 });
  for (const dtype of DTYPES) {
    for (const shape of [[3, 9000], [300, 100], [9000, 3]]) {
      const x = at(shape, dtype);
      const index = at(shape, "int32");
      const rows = shape[0]!;
      for (const dim of [0, 1]) {
        x.sort(dim);
        x.argmax(dim);
        x.argmin(dim);
        x.gather(dim, index);
        x.sum(dim);
        x.max(dim);
        if (dtype !== "bool") x.cumsum(dim);
        if (dtype === "bool") continue;
        x.scatterAdd(dim, index, x);
        x.scatterAdd(1, index.slice(0, 0, 1).expand([rows, shape[1]!]), x);
      }
    }
    at([200_000], dtype).argmax(0);
    at([200_000], dtype).argmin(0);
    at([200_000], dtype).sum();
  }
  for (const shape of [[3, 9000], [300, 100], [2, 300_000]]) {
    for (const dim of [0, 1]) {
      at(shape).softmax(dim);
      at(shape).logSoftmax(dim);
      at(shape).norm(dim);
      at(shape).variance(dim);
      at(shape).logsumexp(dim);
      at(shape).min(dim);
      at(shape).prod(dim);
    }
  }
  rand([5000], { device });
}

const MATRICES: readonly [m: number, k: number, n: number][] = [
  [1, 1, 1],
  [3, 70, 5],
  [64, 64, 64],
  [1, 2048, 256],
  [256, 2048, 2],
  [256, 4096, 256],
  [1024, 64, 1024],
  [130, 20_000, 67],
];
