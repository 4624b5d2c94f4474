import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { describe } from "@std/testing/bdd";
import {
  manualSeed,
  memory,
  noGrad,
  scope,
  type Tensor,
  tensor,
} from "@tenfold/core";
import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  GRU,
  Linear,
  LSTM,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  Tanh,
  Transformer,
} from "@tenfold/nn";
import { it } from "../_clean_testing.ts";
import { withoutFloat64 } from "../_testing.ts";
import { fromBase64, fuzz } from "../_testdata/bytes.ts";
import { DAMAGED, tensorsIn } from "../_testdata/damaged.ts";
import {
  DEFLATED_FILE,
  DTYPES,
  DTYPES_FILE,
  type Expected,
  NESTED_FILE,
  NETS,
  PROTOCOL_FILES,
  REFUSED,
  STRIDED,
  STRIDED_FILE,
} from "../_testdata/torch.ts";
import { zipOf } from "../_testdata/zip.ts";
import { DataFormatError } from "../errors.ts";
import { loadTorch } from "./mod.ts";

type Tensors = { [name: string]: Tensor };

/** Runs a test and releases the tensors of a value afterwards. */
async function reading<T>(
  file: string | Uint8Array,
  use: (value: T) => Promise<void> | void,
  options = {},
): Promise<void> {
  const before = memory().tensors;
  const bytes = typeof file === "string" ? fromBase64(file) : file;
  const value = await loadTorch<T>(bytes, options);
  await use(value);
  for (const tensor of tensorsIn(value)) tensor.dispose();
  assertEquals(memory().tensors, before);
}

async function assertTensors(
  read: Tensors,
  expected: { [name: string]: Expected },
): Promise<void> {
  assertEquals(Object.keys(read), Object.keys(expected));
  for (const [name, { shape, values }] of Object.entries(expected)) {
    assertEquals([...read[name]!.shape], shape, name);
    assertEquals(Array.from(await read[name]!.data()), values, name);
  }
}

const DTYPE_OF: { [name: string]: string } = {
  bool: "bool",
  float16: "float16",
  bfloat16: "float32",
  float32: "float32",
  float64: "float64",
};

describe("loadTorch", () => {
  it("reads every dtype", async () => {
    await reading<Tensors>(DTYPES_FILE, async (read) => {
      await assertTensors(read, DTYPES);
      for (const [name, tensor] of Object.entries(read)) {
        assertEquals(tensor.dtype as string, DTYPE_OF[name] ?? "int32");
      }
    });
  });

  it("gives float32 where the device has no other", async () => {
    const device = withoutFloat64();
    await reading<Tensors>(DTYPES_FILE, (read) => {
      assertEquals(read["float64"]!.dtype, "float32");
      assertEquals(read["bool"]!.device.name, "without-float64");
    }, { device });
  });

  it("reads views with offsets, strides and repeated elements", async () => {
    await reading<Tensors>(
      STRIDED_FILE,
      (read) => assertTensors(read, STRIDED),
    );
  });

  it("reads archives that other programs packed", async () => {
    await reading<Tensors>(
      DEFLATED_FILE,
      (read) => assertTensors(read, STRIDED),
    );
  });

  for (const [protocol, file] of Object.entries(PROTOCOL_FILES)) {
    it(`reads protocol ${protocol} of pickle`, async () => {
      await reading<Tensors>(file, (read) => {
        assertEquals(tensorsIn(read).size > 0, true);
      });
    });
  }

  it("keeps shared storages shared", async () => {
    await reading<Tensors>(STRIDED_FILE, async (read) => {
      read["whole"]!.fill_(-1);
      assertEquals(await read["scalar"]!.item(), -1);
      assertEquals((await read["transposed"]!.data())[5], -1);
      // Those that leave gaps are copies.
      assertEquals((await read["step"]!.data())[1], 2);
    });
    await reading<Tensors>(NESTED_FILE, async (read) => {
      read["tied"]!.mul_(2);
      assertEquals(await read["parameter"]!.toArray(), [[2, 4], [6, 8]]);
      assertEquals(await read["tied transposed"]!.toArray(), [[2, 6], [4, 8]]);
    });
  });

  it("takes no memory for repeated elements", async () => {
    const before = memory().bytes;
    const read = await loadTorch(fromBase64(STRIDED_FILE));
    const kept = memory().bytes;
    for (const tensor of tensorsIn(read)) tensor.dispose();
    assertEquals(memory().bytes, before);
    assert(kept - before < 1500, `${kept - before} bytes`);
  });

  it("gives values of every kind in each other", async () => {
    await reading<{ [name: string]: unknown }>(NESTED_FILE, async (read) => {
      const { model, optimizer } = read as { [name: string]: Tensors };
      assertEquals(Object.keys(model!), ["weight", "bias"]);
      assertEquals(model!["weight"]!.shape, [1, 2]);
      const { state, lr } = optimizer as unknown as {
        state: { 0: { step: number; exp_avg: Tensor } };
        lr: number;
      };
      assertEquals([state[0].step, lr], [3, 1e-3]);
      assertEquals(await state[0].exp_avg.toArray(), [0, 0]);
      assertEquals(read["list"], [1, 2.5, null, true, "größe"]);
      assertEquals(read["tuple"], [1, [2, 3]]);
      assertEquals(read["size"], [2, 3]);
      assertEquals(read["dtype"], "torch.float16");
      assertEquals(read["device"], "cuda:1");
      assertEquals(read["bytes"], new Uint8Array([0, 255, 97, 98, 99]));
      assertEquals(read["bytearray"], new Uint8Array([97, 98]));
      assertEquals(read["set"], new Set([7]));
      assertEquals(read["big"], 2n ** 70n);
      assertEquals(read["negative"], -(2 ** 40));
      assertEquals(
        await (read["storage"] as Tensor).toArray(),
        [5, 6],
      );
      assertEquals(read["by tuple"], new Map([[[1, 2], "a"]]));
      assertEquals(
        read["clash"],
        new Map<unknown, string>([[0, "a"], ["0", "b"]]),
      );
      assertEquals(read["7"], "seven");
      assertEquals(Object.getPrototypeOf(read), Object.prototype);
      assertEquals(read["polluted"], undefined);
      assert(Object.hasOwn(read, "__proto__"));
    });
  });

  it("reads big-endian storages", async () => {
    const files = {
      "a/data.pkl": tensorPickle("FloatStorage", 2, 0, [2], [1]),
      "a/byteorder": new TextEncoder().encode("big"),
      "a/data/0": new Uint8Array([0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]),
    };
    await reading<Tensor>(zipOf(files), async (read) => {
      assertEquals(await read.toArray(), [1, -2]);
    });
    await assertRejects(
      () =>
        loadTorch(zipOf({
          ...files,
          "a/byteorder": new TextEncoder().encode("middle"),
        })),
      DataFormatError,
      'Cannot read PyTorch data as its byte order is unknown: got "middle"',
    );
  });
});

describe("nets of PyTorch", () => {
  class Cnn extends Module<[Tensor], Tensor> {
    features = new Sequential(
      new Conv2d(1, 3, 3, { padding: 1 }),
      new BatchNorm2d(3),
      new ReLU(),
      new MaxPool2d(2),
    );
    head = new Linear(12, 2);
    flatten = new Flatten();
    override forward(x: Tensor): Tensor {
      return this.head.forward(this.flatten.forward(this.features.forward(x)));
    }
  }
  class Mlp extends Module<[Tensor], Tensor> {
    layers = new Sequential(new Linear(4, 5), new Tanh(), new Linear(5, 3));
    override forward(x: Tensor): Tensor {
      return this.layers.forward(x);
    }
  }
  class Tagger extends Module<[Tensor], Tensor> {
    lstm = new LSTM(3, 4, {
      numLayers: 2,
      bidirectional: true,
      batchFirst: true,
    });
    gru = new GRU(8, 4);
    head = new Linear(4, 2);
    override forward(x: Tensor): Tensor {
      const [steps] = this.lstm.forward(x);
      const [states] = this.gru.forward(steps.transpose(0, 1));
      return this.head.forward(states);
    }
  }
  class Translator extends Module<[Tensor], Tensor> {
    transformer = new Transformer(8, 2, {
      numEncoderLayers: 2,
      numDecoderLayers: 1,
      dimFeedforward: 12,
      dropout: 0,
      activation: "gelu",
      batchFirst: true,
    });
    head = new Linear(8, 3);
    override forward(x: Tensor): Tensor {
      const later = x.narrow(1, 1, x.shape[1]! - 1);
      return this.head.forward(this.transformer.forward(x, later));
    }
  }
  const makers = {
    cnn: () => new Cnn(),
    mlp: () => new Mlp(),
    tagger: () => new Tagger(),
    translator: () => new Translator(),
  };
  for (const name of Object.keys(makers) as (keyof typeof makers)[]) {
    it(`give the same output here: ${name}`, async () => {
      using _ = scope();
      manualSeed(1);
      const { file, input, output } = NETS[name];
      using model = makers[name]();
      model.eval();
      model.loadStateDict(await loadTorch(fromBase64(file)));
      const x = tensor(input.values, { shape: input.shape });
      const y = Array.from(await noGrad(() => model.forward(x)).data());
      assertEquals(y.length, output.values.length);
      y.forEach((value, i) =>
        assertAlmostEquals(value, output.values[i]!, 2e-6)
      );
    });
  }
});

describe("files that are refused", () => {
  const cases: [keyof typeof REFUSED, string][] = [
    [
      "module",
      'none is run: got "torch.nn.modules.container.Sequential", "torch.nn.modules.linear.Linear", "torch.nn.modules.activation.ReLU", save state dicts',
    ],
    ["call", 'none is run: got "posix.system", save state dicts'],
    [
      "counter",
      'got "collections.Counter", "numpy.core.multiarray.scalar", "numpy.dtype", save',
    ],
    ["complex", 'got "a tensor of complex numbers", save'],
    ["quantised", '"torch._utils._rebuild_qtensor"'],
    ["sparse", '"torch._utils._rebuild_sparse_tensor"'],
    [
      "legacy",
      "as it is a checkpoint of PyTorch before 1.6 (a pickle): load it in PyTorch 1.6 or later",
    ],
    ["script", "as it is a program of TorchScript: save model.state_dict()"],
    [
      "long",
      "as int32 as a value lies outside its range: got 1099511627776 at position 1 of int64",
    ],
  ];
  for (const [name, message] of cases) {
    it(name, async () => {
      const before = memory().tensors;
      await assertRejects(
        () => loadTorch(fromBase64(REFUSED[name])),
        DataFormatError,
        message,
      );
      assertEquals(memory().tensors, before);
    });
  }

  it("or read without what only code could make", async () => {
    for (const name of ["call", "counter", "complex"] as const) {
      await reading<Tensors>(REFUSED[name], (read) => {
        assertEquals(read["fine"]!.dtype, "float32");
        assert(!("evil" in read) && !("counts" in read) && !("z" in read));
        if (name === "counter") {
          assertEquals(read["list"] as unknown, [null]);
        }
      }, { unsupported: "skip" });
    }
  });
});

/** A pickle of one tensor, as PyTorch writes it. */
function tensorPickle(
  kind: string,
  length: number,
  offset: number,
  shape: number[],
  strides: number[],
): Uint8Array {
  const text = (value: string) =>
    `X${String.fromCharCode(value.length, 0, 0, 0)}${value}`;
  const int = (value: number) =>
    `J${
      String.fromCharCode(
        value & 255,
        (value >> 8) & 255,
        (value >> 16) & 255,
        (value >> 24) & 255,
      )
    }`;
  const tuple = (items: string) => `(${items}t`;
  const storage = text("storage") + `ctorch\n${kind}\n` + text("0") +
    text("cpu") + int(length);
  const source = "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n" + tuple(
    `${tuple(storage)}Q${int(offset)}${tuple(shape.map(int).join(""))}${
      tuple(strides.map(int).join(""))
    }\x89)`,
  ) + "R.";
  return Uint8Array.from(source, (char) => char.charCodeAt(0));
}

describe("files that are damaged", () => {
  const file = (pickle: Uint8Array, data = new Uint8Array(8)) =>
    zipOf({ "a/data.pkl": pickle, "a/data/0": data });

  it("are refused where a tensor leaves its storage", async () => {
    for (
      const [offset, shape, strides] of [
        [0, [3], [1]],
        [1, [2], [1]],
        [0, [2], [2]],
        [0, [2, 2], [1, 1]],
        [2, [1], [1]],
        [-1, [1], [1]],
        [0, [-1], [1]],
        [0, [1, 2], [1]],
        [0, [0x7fffffff, 0x7fffffff], [0, 0]],
      ] as const
    ) {
      await assertRejects(
        () =>
          loadTorch(
            file(
              tensorPickle("FloatStorage", 2, offset, [...shape], [...strides]),
            ),
          ),
        DataFormatError,
        "Cannot read PyTorch data as",
      );
    }
  });

  it("are refused where overlapping elements would take too much", async () => {
    const shape = [16, 16, 16, 16, 16];
    const pickle = tensorPickle("ByteStorage", 80, 0, shape, [1, 1, 1, 1, 1]);
    await assertRejects(
      () => loadTorch(file(pickle, new Uint8Array(80))),
      DataFormatError,
      "its strided tensors take more than 64 times the bytes of the file",
    );
  });

  it("are refused where a storage has another size", async () => {
    await assertRejects(
      () => loadTorch(file(tensorPickle("HalfStorage", 3, 0, [3], [1]))),
      DataFormatError,
      "storage 0 has 8 bytes: expected 6",
    );
    await assertRejects(
      () =>
        loadTorch(
          zipOf({ "a/data.pkl": tensorPickle("HalfStorage", 3, 0, [3], [1]) }),
        ),
      DataFormatError,
      "storage 0 is missing in it",
    );
  });

  it("are refused where a weight has changed", async () => {
    const weights = new Uint8Array(64).fill(42);
    const bytes = file(
      tensorPickle("ByteStorage", 64, 0, [64], [1]),
      weights,
    );
    bytes[new TextDecoder("latin1").decode(bytes).indexOf("*".repeat(64))]! =
      43;
    await assertRejects(
      () => loadTorch(bytes),
      DataFormatError,
      "is damaged: its checksum differs",
    );
  });

  it("are refused where lists lie too deep, without a crash", async () => {
    const depth = 100_000;
    const pickle = new Uint8Array(2 * depth + 2).fill(0x5d);
    pickle.fill(0x61, depth + 1);
    pickle[2 * depth + 1] = 0x2e;
    await assertRejects(
      () => loadTorch(zipOf({ "data.pkl": pickle })),
      DataFormatError,
      "its values lie more than 200 deep",
    );
  });

  for (
    const [name, { files, read }] of Object.entries(DAMAGED).filter(([name]) =>
      name.endsWith("PyTorch")
    )
  ) {
    it(`are refused by an error of ours: ${name}`, async () => {
      const before = memory().tensors;
      const { refused } = await fuzz(files, read, 500);
      assert(refused > 300, `${refused}`);
      assertEquals(memory().tensors, before);
    });
  }
});
