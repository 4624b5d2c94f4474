import { APPLY, VALUE } from "./members.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, renamed } from "./_testing.ts";
import { arange, eye, full, ones, tensor, zeros } from "./creation.ts";
import {
  DeviceError,
  DTypeError,
  IndexError,
  ReleasedError,
  ShapeError,
} from "./errors.ts";
import { cat, stack, where } from "./functions.ts";
import type { PlaceOp } from "./op.ts";
import { deviceOf } from "./registry.ts";
import { memory } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

const matrix = () => tensor([[1, 2, 3], [4, 5, 6]]);

describe("Tensor facts and reading", () => {
  it(
    "reads in every form",
    clean(async () => {
      const x = matrix();
      assertEquals(await x.data(), new Float32Array([1, 2, 3, 4, 5, 6]));
      assertEquals(await x.t().toArray(), [[1, 4], [2, 5], [3, 6]]);
      assertEquals(x.t().strides, [1, 3]);
      assertEquals([x.ndim, x.size, x.dtype], [2, 6, "float32"]);
      assertEquals(await x.sum().item(), 21);
      assertEquals(String(x), await x.toText());
      await assertRejects(() => x.item(), ShapeError, "6 elements");
      assertThrows(() => x.itemSync(), ShapeError, "[2, 3]");
    }),
  );

  it(
    "prints shape, dtype and values",
    clean(() => {
      assertStringIncludes(String(matrix()), "[[1., 2., 3.],");
      assertStringIncludes(String(matrix()), "shape [2, 3], float32");
      assertStringIncludes(String(tensor([true])), "true");
      assertStringIncludes(String(tensor([NaN, -Infinity])), " nan, -inf");
      assertStringIncludes(String(tensor([1e-8, 1])), "1.0000e-8");
      assertStringIncludes(String(zeros([0, 2])), "shape [0, 2]");
      assertStringIncludes(String(tensor(5)), "Tensor(5., shape []");
      const long = String(arange(5000));
      assertStringIncludes(long, "...");
      assert(long.length < 100);
    }),
  );

  it(
    "says how to keep a released tensor",
    clean(() => {
      const x = matrix();
      const view = x.t();
      x.dispose();
      x.dispose();
      for (
        const use of [
          () => x.dataSync(),
          () => x.add(1),
          () => ones([1]).add(x),
        ]
      ) {
        assertThrows(use, ReleasedError, "scope.keep");
      }
      assertEquals(view.toArraySync(), [[1, 4], [2, 5], [3, 6]]);
      assertStringIncludes(String(x), "released");
      view.dispose();
    }),
  );
});

describe("Tensor dtypes", () => {
  const of = (dtype: Tensor["dtype"]) => ones([2], { dtype });

  it(
    "promotes bool < int32 < float32 < float64",
    clean(() => {
      const order = ["bool", "int32", "float32", "float64"] as const;
      for (const [i, a] of order.entries()) {
        for (const [j, b] of order.entries()) {
          const wider = order[Math.max(i, j)];
          assertEquals(of(a).maximum(of(b)).dtype, wider, `${a}, ${b}`);
        }
      }
    }),
  );

  it(
    "gives numbers the dtype of the tensor beside them",
    clean(() => {
      assertEquals(of("int32").add(1).dtype, "int32");
      assertEquals(of("int32").add(0.5).dtype, "float32");
      assertEquals(of("bool").add(1).dtype, "int32");
      assertEquals(of("float64").mul(0.1).dtype, "float64");
      assertEquals(of("float32").mul(2 ** 40).dtype, "float32");
      assertEquals(of("int32").lt(2 ** 40).toArraySync(), [true, true]);
    }),
  );

  it(
    "divides integers into float32 and reduces as documented",
    clean(() => {
      assertEquals(of("int32").div(of("int32")).dtype, "float32");
      assertEquals(of("int32").mean().dtype, "float32");
      assertEquals(of("bool").sum().dtype, "int32");
      assertEquals(of("int32").exp().dtype, "float32");
      assertEquals(of("float64").exp().dtype, "float64");
      assertEquals(of("float32").gt(0).dtype, "bool");
    }),
  );

  it(
    "computes with bools as PyTorch does",
    clean(() => {
      const a = tensor([true, true, false]);
      const b = tensor([true, false, false]);
      assertEquals(a.add(b).toArraySync(), [true, true, false]);
      assertEquals(a.mul(b).toArraySync(), [true, false, false]);
      assertThrows(() => a.sub(b), DTypeError, "logicalXor");
      assertThrows(() => a.neg(), DTypeError, "logicalNot");
    }),
  );

  it(
    "wraps integers and truncates casts",
    clean(() => {
      const big = full([1], 2 ** 31 - 1, { dtype: "int32" });
      assertEquals(big.add(1).itemSync(), -(2 ** 31));
      assertEquals(big.mul(2).itemSync(), -2);
      assertEquals(
        tensor([1.7, -1.7]).cast("int32").toArraySync(),
        [1, -1],
      );
      assertEquals(tensor([NaN, 0]).cast("bool").toArraySync(), [true, false]);
    }),
  );
});

describe("Tensor errors", () => {
  it(
    "name the operation, the shapes and the way out",
    clean(() => {
      const x = matrix();
      assertThrows(
        () => x.add(ones([2])),
        ShapeError,
        "Cannot add as the shapes do not broadcast: got [2, 3] and [2]",
      );
      assertThrows(
        () => x.matmul(ones([2, 2])),
        ShapeError,
        "inner dimensions must match: got [2, 3] and [2, 2]",
      );
      assertThrows(() => x.matmul(tensor(1)), ShapeError, "use mul");
      assertThrows(
        () => tensor([1, 2]).dot(ones([3])),
        ShapeError,
        "of other than two vectors of one length: got [2] and [3]",
      );
      assertThrows(() => x.sum(2), IndexError, "got 2 for 2 dims");
      assertThrows(() => x.sum([0, -2]), IndexError, "twice");
      assertThrows(() => x.reshape([4, -1]), ShapeError, "[4, -1]");
      assertThrows(() => x.permute([0, 0]), ShapeError, "[0, 0]");
      assertThrows(() => x.expand([3, 3]), ShapeError, "[2, 3]");
      assertThrows(() => x.narrow(0, 1, 2), IndexError, "dim 0");
      assertThrows(() => x.select(0, 2), IndexError, "index 2");
      assertThrows(() => x.index(0, 0, 0), IndexError, "3 indices");
      assertThrows(() => x.index([null, null, 0]), IndexError, "step of 0");
      assertThrows(() => x.unfold(0, 3, 1), RangeError, "windows of 3");
      assertThrows(() => cat([x, ones([2])]), ShapeError, "[2, 3], [2]");
      assertThrows(() => stack([]), ShapeError, "no tensors");
      assertThrows(() => zeros([0]).max(), ShapeError, "no identity");
      assertThrows(() => zeros([0]).argmax(), ShapeError, "no identity");
      assertThrows(() => x.topk(4), RangeError, "top 4 of 3");
      assertThrows(() => x.pad([1]), ShapeError, "two amounts");
      assertThrows(() => x.clamp({}), TypeError, "min, max or both");
    }),
  );

  it(
    "keep movements within their tensor, however they are asked for",
    clean(() => {
      const x = matrix();
      const slice = { name: "slice", dim: 0, start: 0, length: 2, step: 1 };
      const place = { name: "place", shape: [3, 3], value: 0 };
      const wrong = [
        [{ name: "reshape", shape: [7] }, ShapeError, "[2, 3] (6 elements)"],
        [{ name: "reshape", shape: [-2, -3] }, ShapeError, "to [-2, -3]"],
        [{ name: "permute", dims: [0] }, ShapeError, "got [0]"],
        [{ name: "permute", dims: [0, 2] }, ShapeError, "got [0, 2]"],
        [{ name: "expand", shape: [-1, 2, 3] }, ShapeError, "to [-1, 2, 3]"],
        [{ ...slice, dim: 2 }, IndexError, "got 2 for 2 dims"],
        [{ ...slice, start: -1 }, IndexError, "2 elements from -1 on"],
        [{ ...slice, length: 3 }, IndexError, "to 3 elements"],
        [{ ...slice, length: -1 }, IndexError, "to -1 elements"],
        [{ ...slice, step: -1 }, IndexError, "from 0 on, -1 apart"],
        [{ ...slice, step: 0 }, IndexError, "0 apart"],
        [{ ...slice, length: NaN }, IndexError, "to NaN elements"],
        [
          { name: "unfold", dim: 1, size: 4, step: 1 },
          RangeError,
          "windows of 4",
        ],
        [
          { name: "diagonal", shift: 0, dim1: 1, dim2: 1 },
          ShapeError,
          "dims 1 and 1",
        ],
        // The windows of an embedding are movements as well.
        [
          { ...place, windows: [{ ...slice, length: 4 }] },
          IndexError,
          "to 4 elements",
        ],
        [
          { ...place, windows: [{ ...slice, length: 1 }] },
          ShapeError,
          "room for [1, 3]",
        ],
      ] as const;
      for (const [op, kind, why] of wrong) {
        assertThrows(() => x[APPLY](op as PlaceOp), kind, why);
      }
      assertThrows(() => x.diagonal(0.5), IndexError, "integer: got 0.5");
      assertThrows(() => tensor(1).unfold(0, 1, 1), IndexError, "0 dims");
    }),
  );

  it(
    "name indices that are out of range",
    clean(() => {
      const x = matrix();
      const index = tensor([[0, 3, 1]], { dtype: "int32" });
      assertThrows(() => x.gather(1, index), IndexError, "got 3");
      assertThrows(() => x.scatterAdd(1, index, ones([1, 3])), IndexError, "3");
      assertThrows(
        () => x.gather(1, tensor([[0]])),
        DTypeError,
        "int32",
      );
      assertThrows(
        () => x.gt(2).scatterAdd(1, index, ones([1, 3])),
        DTypeError,
        "Cannot scatterAdd float32 values into a tensor of bool as it cannot hold them: cast one of them, such as the tensor to float32",
      );
      assertThrows(
        () => tensor([0, 5], { dtype: "int32" }).oneHot(5),
        IndexError,
        "got 5",
      );
      assertThrows(
        () => x.index(tensor([2], { dtype: "int32" })),
        IndexError,
        "got 2",
      );
    }),
  );

  it("refuses tensors of two devices and names both", async () => {
    const other = deviceOf(renamed("elsewhere"));
    const before = memory().tensors;
    const a = ones([2]);
    const b = await a.to(other);
    assertEquals(await b.toArray(), [1, 1]);
    assertThrows(() => a.add(b), DeviceError, "cpu-typedarray and elsewhere");
    a.dispose();
    b.dispose();
    assertEquals(memory().tensors, before);
  });
});

describe("Tensor views", () => {
  it(
    "copy nothing",
    clean(() => {
      const x = arange(24).reshape([2, 3, 4]);
      const { buffers } = memory();
      const views = [
        x.transpose(0, 2),
        x.permute([2, 0, 1]),
        x.expand([5, 2, 3, 4]),
        x.index(0, [null, null, -1]),
        x.select(1, 2),
        x.flip([0, 2]),
        x.unfold(2, 2, 1),
        x.diagonal(0, 1, 2),
        x.squeeze(),
        x.unsqueeze(0),
        x.flatten(),
        ...x.chunk(2, 2),
        x.detach(),
      ];
      assertEquals(memory().buffers, buffers);
      assert(views.every((v) => v[VALUE].storage === x[VALUE].storage));
    }),
  );

  it(
    "expandAs repeats with stride 0",
    clean(() => {
      const row = tensor([1, 2, 3]);
      assertEquals(row.expandAs(matrix()).strides, [0, 1]);
    }),
  );

  it(
    "refuse changes in place where elements show in several places",
    clean(() => {
      const x = arange(6, { dtype: "float32" });
      const windows = [
        x.unfold(0, 3, 1),
        x.unfold(0, 3, 2),
        x.unfold(0, 3, 1).t(),
        x.unfold(0, 2, 1).unfold(0, 2, 1),
        x.unfold(0, 3, 1).narrow(0, 1, 2),
      ];
      for (const view of windows) {
        for (
          const change of [
            () => view.add_(1),
            () => view.mul_(2),
            () => view.fill_(0),
            () => view.zero_(),
            () => view.copy_(zeros(view.shape)),
            () => view.add_(ones(view.shape)),
          ]
        ) {
          assertThrows(
            change,
            ShapeError,
            "repeats its elements (its windows overlap): call contiguous() first",
          );
        }
      }
      assertThrows(
        () => tensor([1]).expand([3]).add_(1),
        ShapeError,
        "(it was expanded)",
      );
      assertEquals(x.toArraySync(), [0, 1, 2, 3, 4, 5]);
      // Windows that lie beside each other are as good as any view.
      x.unfold(0, 2, 2).add_(1);
      x.unfold(0, 3, 1).slice(0, 0, null, 3).mul_(2);
      assertEquals(x.toArraySync(), [2, 4, 6, 8, 10, 12]);
    }),
  );

  it(
    "see changes in place of what they view",
    clean(() => {
      const x = arange(6, { dtype: "float32" }).reshape([2, 3]);
      x.select(1, 0).fill_(9);
      assertEquals(x.toArraySync(), [[9, 1, 2], [9, 4, 5]]);
      x.t().add_(tensor([10, 20]));
      assertEquals(x.toArraySync(), [[19, 11, 12], [29, 24, 25]]);
    }),
  );

  it(
    "may overlap in copy_",
    clean(() => {
      const x = arange(5, { dtype: "float32" });
      x.narrow(0, 1, 4).copy_(x.narrow(0, 0, 4));
      assertEquals(x.toArraySync(), [0, 0, 1, 2, 3]);
      x.copy_(x.flip());
      assertEquals(x.toArraySync(), [3, 2, 1, 0, 0]);
      assertThrows(
        () => tensor([1]).expand([3]).fill_(2),
        ShapeError,
        "contiguous()",
      );
      assertThrows(() => tensor([1]).add_(ones([3])), ShapeError, "[3]");
    }),
  );
});

describe("Tensor operations", () => {
  it(
    "select, cat, stack and where",
    clean(() => {
      const x = matrix();
      assertEquals(cat([x, x.neg()], 1).shape, [2, 6]);
      assertEquals(stack([x, x], 1).shape, [2, 2, 3]);
      assertEquals(
        where(x.gt(3), x, 0).toArraySync(),
        [[0, 0, 0], [4, 5, 6]],
      );
      assertEquals(where(tensor([true, false]), 1, 2).toArraySync(), [1, 2]);
    }),
  );

  it(
    "index with masks and integer tensors",
    clean(() => {
      const x = matrix();
      assertEquals(x.index(x.gt(2)).toArraySync(), [3, 4, 5, 6]);
      assertEquals(
        x.index(":", tensor([2, -3], { dtype: "int32" })).toArraySync(),
        [[3, 1], [6, 4]],
      );
      assertEquals(x.index("...", null, 1).shape, [2, 1]);
      assertThrows(
        () => x.index(tensor([true])),
        ShapeError,
        "mask of shape [1]",
      );
    }),
  );

  it(
    "one-hot, sort and topk",
    clean(() => {
      assertEquals(
        tensor([1, 0], { dtype: "int32" }).oneHot(3).toArraySync(),
        [[0, 1, 0], [1, 0, 0]],
      );
      const { values, indices } = tensor([3, 1, 2]).topk(2);
      assertEquals(values.toArraySync(), [3, 2]);
      assertEquals(indices.toArraySync(), [0, 2]);
      assertEquals(tensor([3, NaN, 2]).argsort().toArraySync(), [2, 0, 1]);
    }),
  );

  it(
    "take empty and 0-d tensors",
    clean(() => {
      const none = zeros([0, 3]);
      assertEquals(none.add(1).exp().shape, [0, 3]);
      assertEquals(none.sum().itemSync(), 0);
      assertEquals(none.sum(0).toArraySync(), [0, 0, 0]);
      assertEquals(none.prod(0).toArraySync(), [1, 1, 1]);
      assert(Number.isNaN(none.mean().itemSync()));
      assertEquals(none.matmul(ones([3, 2])).shape, [0, 2]);
      assertEquals(
        none.t().matmul(none).toArraySync(),
        zeros([3, 3]).toArraySync(),
      );
      assertEquals(none.softmax(1).shape, [0, 3]);
      assertEquals(none.cumsum(0).shape, [0, 3]);
      assertEquals(none.sort(1).values.shape, [0, 3]);
      assertEquals(cat([none, ones([1, 3])]).shape, [1, 3]);
      assertEquals(none.argmax(1).shape, [0]);
      const scalar = tensor(2);
      assertEquals(scalar.sum(0).itemSync(), 2);
      assertEquals(scalar.max(-1).itemSync(), 2);
      assertEquals(scalar.softmax(0).itemSync(), 1);
      assertEquals(scalar.cumsum(0).itemSync(), 2);
      assertEquals(scalar.argmax(0).itemSync(), 0);
      assertEquals(scalar.sort().values.itemSync(), 2);
      assertEquals(scalar.flatten().shape, [1]);
      assertEquals(scalar.t().itemSync(), 2);
      assertEquals(scalar.expand([2, 2]).toArraySync(), [[2, 2], [2, 2]]);
      assertEquals(scalar.index(null).shape, [1]);
    }),
  );

  it(
    "multiply matrices of any ranks",
    clean(() => {
      const a = matrix();
      assertEquals(a.matmul(tensor([1, 0, 1])).toArraySync(), [4, 10]);
      assertEquals(tensor([1, 1]).matmul(a).toArraySync(), [5, 7, 9]);
      assertEquals(tensor([1, 2]).dot(tensor([3, 4])).itemSync(), 11);
      assertEquals(ones([5, 1, 2, 3]).matmul(ones([4, 3, 2])).shape, [
        5,
        4,
        2,
        2,
      ]);
      assertEquals(
        a.matmul(eye(3), { bias: tensor([1, 2, 3]) }).toArraySync(),
        [[2, 4, 6], [5, 7, 9]],
      );
      assertEquals(tensor([1, 2]).outer(tensor([3, 4])).toArraySync(), [
        [3, 4],
        [6, 8],
      ]);
    }),
  );
});
