/**
 * The matrix product: chooses a variant by the adapter, the shape and the layouts of
 * the operands, which are read in place whatever their strides. The choice
 * depends on nothing else, so that equal products give equal bits.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Program } from "../device/program.ts";
import type { Memory } from "../device/buffer.ts";
import { gpuOf, loaded, stored } from "../wgsl/dtype.ts";
import { gridFor, splitPositions, spread } from "./loop.ts";
import { renderDirect } from "./matmul_direct.ts";
import {
  type MatmulCut,
  type MatmulForm,
  MatmulLayout,
  type VectorAxis,
  vectorAxisOf,
} from "./matmul_layout.ts";
import { splitK } from "./split_k.ts";
import { renderSum, type SumForm, SumOfParts } from "./sum_of_parts.ts";
import {
  MAX_NARROW,
  type NarrowForm,
  narrowTile,
  renderNarrow,
} from "./matmul_narrow.ts";
import { cheapestTile } from "./matmul_tile.ts";
import { renderTiled, SIDE } from "./matmul_tiled.ts";
import { byColumns, type Copiers } from "./matmul_copies.ts";
import { prepareProductApart } from "./apart.ts";
import { BY_STRIDES, inOrder, ownFirst, productDType } from "./epilogue.ts";
import { prepareInSingle } from "./in_single.ts";
import { Recent } from "./recent.ts";
import { blocksOf } from "./rows.ts";
import { TILED_BYTES, TILED_SIZE } from "./tiled_core.ts";
import { tunedTile } from "../tuning.ts";

/**
 * Multiplications below which a product is small, and above which it is large:
 * larger tiles read less and take longer to compile.
 */
const SMALL = 2 ** 15;
const LARGE = 2 ** 26;
/** Elements of an operand that the caches of a processor hold. */
const CACHED_ELEMENTS = 2 ** 19;
/** Rows, or columns, of an operand that is wide beside few vectors. */
const MIN_WIDE = 32;
/** The least length of a part of `k`, unless digits need shorter ones. */
const MIN_CHUNK = 128;

interface Choice extends MatmulForm {
  readonly kind: "direct" | "tiled" | NarrowForm;
  /** The number of matrices, and of the elements of all of them. */
  readonly matrices: number;
  readonly outputs: number;
  readonly passes: readonly MatmulCut[];
  /** True where an epilogue is a kernel of its own. */
  readonly apart: boolean;
}

/** Prepares `matmul`. */
export function prepareMatmul(gpu: Gpu, kernel: RoutineKernel<DType>): Launch {
  const dtype = productDType(kernel);
  const isFloat = dtype !== "int32";
  const sum = { type: isFloat ? "f32" : "i32" };
  const layout = new MatmulLayout(kernel);
  const programs = new Map<string, Program>();
  const recent = new Recent<Choice & { readonly program: Program | null }>();
  let tuning = gpu.tuning;
  const programFor = (choice: Choice): Program => {
    const { a, b, bias, dtypes, epilogue, kind, part, tm, tn, four } = choice;
    const shape = typeof kind === "string" ? kind : Object.values(kind);
    const key = [
      ...[a, b, dtypes.a, dtypes.b, bias, part, shape, tm, tn, four],
      ...epilogue?.dense ?? [],
    ].join();
    let program = programs.get(key);
    if (!program) {
      const form = {
        ...{ a, b, bias, dtypes, epilogue, part, tm, tn },
        four: four ?? false,
      };
      program = gpu.newProgram(
        kind === "tiled"
          ? renderTiled(layout, form)
          : kind === "direct"
          ? renderDirect(layout, form, widthOf(gpu))
          : renderNarrow(layout, form, kind, gpu.profile.workgroup),
      );
      programs.set(key, program);
    }
    return program;
  };
  const chosenFor = (call: KernelCall) => {
    if (tuning !== gpu.tuning) recent.clear();
    tuning = gpu.tuning;
    const known = recent.find(call);
    if (known) return known;
    const choice = choose(gpu, kernel, layout, call);
    const program = choice.apart ? null : programFor(choice);
    return recent.keep(call, { ...choice, program });
  };
  const sums = new SumOfParts(gpu, (form) => ({
    label: "matmul sum of parts",
    operands: [
      { type: gpuOf(kernel.outputs[0]!).memory, writes: true },
      sum,
      ...(layout.bias ? [{ type: gpuOf(kernel.inputs[2]!).memory }] : []),
      ...layout.epilogue?.operands(BY_STRIDES) ?? [],
    ],
    words: layout.words,
    code: (names) => renderParts(layout, form, kernel, names, sum.type),
  }));
  const copiers: Copiers = new Map();
  const inSingle = prepareInSingle(gpu, kernel, prepareMatmul);
  const order = ownFirst(kernel);
  const apart = prepareProductApart(gpu, kernel, prepareMatmul);
  return (passed) => {
    const given = inOrder(passed, order);
    const { call, copies } = isFloat && gpu.profile.software &&
        hasLargeTiles(gpu, given)
      ? byColumns(gpu, copiers, given)
      : { call: given, copies: [] };
    const giveCopies = () => {
      for (const copy of copies) gpu.pool.give(copy);
    };
    const { kind, matrices, outputs, part, passes, program } = chosenFor(call);
    if (program === null) {
      giveCopies();
      apart!(passed);
      return;
    }
    if (passes.length > 1 && dtype === "float16") {
      giveCopies();
      inSingle(given);
      return;
    }
    const blocks = blocksOf(call);
    const [out, a, b, ...others] = blocks as [Block, Block, Block];
    const run = (pass: MatmulCut, blocks: readonly Block[]) => {
      const tiles = matrices * pass.splits * pass.tilesM * pass.tilesN;
      const [x, y] = kind === "direct"
        ? gridFor(gpu.profile, tiles, widthOf(gpu))
        : spread(gpu.profile, tiles);
      const first = program.reserve();
      layout.fill(gpu, first, call, pass);
      program.dispatch(blocks, first, x, y);
    };
    if (!part) {
      run(passes[0]!, blocks);
      giveCopies();
      return;
    }
    const target = gpu.pool.take(outputs * passes[0]!.splits * 4);
    for (const pass of passes) {
      run(pass, [target, a, b]);
      sums.run(
        [out, target, ...others],
        outputs,
        pass.splits,
        (first) => layout.fill(gpu, first, call, pass),
      );
    }
    gpu.pool.give(target);
    giveCopies();
  };
}

/**
 * Compiles the products of a linear layer (its output and both gradients) in
 * the background, ahead of their first use.
 */
export async function warmMatmul(gpu: Gpu): Promise<void> {
  const dtype = "float32";
  const dtypes = { out: dtype, a: dtype, b: dtype, bias: dtype } as const;
  const forms: [VectorAxis, VectorAxis][] = [["k", "k"], ["k", "other"], [
    "other",
    "other",
  ]];
  await Promise.all([false, true].flatMap((bias) => {
    const layout = new MatmulLayout({
      kind: "routine",
      name: "matmul",
      rank: 3,
      outputs: ["float32"],
      inputs: new Array(bias ? 3 : 2).fill("float32"),
    });
    return forms.map(([a, b]) => {
      const form = {
        ...{ a, b, bias, dtypes, part: false, tm: 4, tn: 4 },
        epilogue: null,
      };
      return gpu.newProgram(renderTiled(layout, form)).warm();
    });
  }));
}

const sizeM = ({ shape }: KernelCall) => shape[shape.length - 3]!;
const sizeN = ({ shape }: KernelCall) => shape[shape.length - 2]!;
const sizeK = ({ shape }: KernelCall) => shape[shape.length - 1]!;

/** Invocations of a workgroup that computes tiles in registers. */
function widthOf({ profile }: Gpu): number {
  return profile.software ? 8 : 64;
}

/** The largest of a few tile sizes that fits, four at least where asked. */
function tileOf(extent: number, axis: VectorAxis, largest: number): number {
  const least = axis === "other" ? 4 : 1;
  let tile = largest;
  while (tile > extent && tile > least) tile /= 2;
  return tile;
}

/** Whether a product of floats is worth large tiles on the processor. */
function hasLargeTiles({ tuning }: Gpu, call: KernelCall): boolean {
  const [m, n] = [sizeM(call), sizeN(call)];
  if (Math.min(m, n) < 128) return false;
  const matrices = call.shape.slice(0, -3).reduce((x, y) => x * y, 1);
  const work = matrices * m * n * sizeK(call);
  const tile = tunedTile(tuning, work);
  return tile === null ? work >= LARGE : tile === 16;
}

function choose(
  gpu: Gpu,
  kernel: RoutineKernel<DType>,
  layout: MatmulLayout,
  call: KernelCall,
): Choice {
  const { profile } = gpu;
  const out = productDType(kernel);
  const bias = layout.bias ? kernel.inputs[2] : undefined;
  const dtypeOf = (operand: number) => (call.buffers[operand] as Memory).dtype;
  const [m, n, k] = [sizeM(call), sizeN(call), sizeK(call)];
  const matrices = call.shape.slice(0, -3).reduce((x, y) => x * y, 1);
  const work = matrices * m * n * k;
  // Small ones share their shaders, whatever the layouts of their operands.
  const a = work < SMALL ? "none" : vectorAxisOf(call, "a");
  const b = work < SMALL ? "none" : vectorAxisOf(call, "b");
  const isFloat = out !== "int32";
  const tiled = !profile.software && isFloat && Math.min(m, n) > 16 &&
    work >= SMALL && TILED_SIZE <= profile.workgroup &&
    TILED_BYTES <= profile.sharedBytes;
  const narrow = isFloat && work >= SMALL ? narrowOf(gpu, call, a, b) : null;
  let tm: number;
  let tn: number;
  let perTile: number;
  if (tiled) {
    const large = matrices * m * n >= 1024 * 1024;
    const tuned = tunedTile(gpu.tuning, work) ?? (large ? 8 : 4);
    tm = tn = Math.min(m, n) >= 128 ? tuned : 4;
    perTile = TILED_SIZE;
  } else if (narrow) {
    const tile = narrowTile(narrow.wide === "a" ? a : b, profile.workgroup);
    [tm, tn] = narrow.wide === "a" ? [tile, n] : [m, tile];
    perTile = profile.workgroup;
  } else {
    const large = profile.software && hasLargeTiles(gpu, call);
    const largest = large ? 16 : work < SMALL ? 4 : 8;
    tm = tileOf(m, a, largest);
    // Few rows read what lies side by side before they go on, as sums do.
    const long = profile.software && tm <= 2 && b === "other";
    tn = tileOf(n, b, long ? 16 : largest);
    if (profile.software && isFloat && !large && !long && work >= SMALL) {
      ({ tm, tn } = cheapestTile({ m, n, k, matrices, a, b }));
    }
    perTile = 1;
  }
  const side = tiled ? SIDE : 1;
  const tilesM = Math.ceil(m / (tm * side));
  const tilesN = Math.ceil(n / (tn * side));
  const busy = matrices * tilesM * tilesN * perTile;
  // A few workgroups less cost a processor less than a sum of parts.
  const enough = profile.software
    ? profile.invocations / 2
    : profile.invocations;
  const wanted = Math.min(
    Math.ceil(enough / busy),
    Math.ceil(k / MIN_CHUNK),
  );
  // Parts begin where four elements can be read at once.
  const { chunk, passes } = splitK(profile, {
    terms: k,
    outputs: matrices * m * n,
    multiple: 4,
    wanted,
  });
  const part = passes.length > 1 || passes[0]!.splits > 1;
  const panel = panelOf(gpu, call, tilesN);
  const aligned = perTile === 1 && isFloat && tn % 4 === 0 && n % 4 === 0 &&
    (part || call.offsets[0]! % 4 === 0);
  const epilogue = part ? null : layout.epilogue?.formOf(call, aligned) ?? null;
  const results = part ? 1 : narrow ? tm * tn / perTile : tm * tn;
  return {
    kind: narrow ?? (tiled ? "tiled" : "direct"),
    a,
    b,
    bias: bias !== undefined,
    dtypes: {
      out: part && isFloat ? "float32" : kernel.outputs[0]!,
      a: dtypeOf(1),
      b: dtypeOf(2),
      bias: bias ?? out,
    },
    part,
    tm,
    tn,
    // Whole tiles begin at multiples of four then, those that move back too.
    four: epilogue?.four ?? aligned,
    epilogue,
    apart: layout.epilogue !== null &&
      (passes.length > 1 || !layout.epilogue.fits(results)),
    matrices,
    outputs: matrices * m * n,
    passes: passes.map((pass) => ({ ...pass, chunk, tilesM, tilesN, panel })),
  };
}

/** Whether one operand has so few vectors that the other one's reads decide. */
function narrowOf(
  { profile }: Gpu,
  call: KernelCall,
  a: VectorAxis,
  b: VectorAxis,
): NarrowForm | null {
  const [m, n] = [sizeM(call), sizeN(call)];
  if (profile.software || profile.workgroup < 64) return null;
  if (m <= MAX_NARROW && n >= MIN_WIDE && b !== "none") {
    return { wide: "b", vectors: m };
  }
  return n <= MAX_NARROW && m >= MIN_WIDE && a !== "none"
    ? { wide: "a", vectors: n }
    : null;
}

/**
 * On the processor, the columns that a workgroup's invocations compute come
 * for all rows before the next ones where the second operand is larger than a
 * cache: 1.2 to 1.3 times as fast at 1024 on llvmpipe, and slower at 512.
 */
function panelOf({ profile }: Gpu, call: KernelCall, tilesN: number): number {
  const width = 8;
  const large = sizeN(call) * sizeK(call) >= CACHED_ELEMENTS;
  return profile.software && large && tilesN % width === 0 ? width : tilesN;
}

/** Sums the parts of `k` up, and adds the bias or the parts before. */
function renderParts(
  layout: MatmulLayout,
  form: SumForm,
  { inputs, outputs: [dtype] }: RoutineKernel<DType>,
  [out, parts, ...others]: readonly string[],
  type: string,
): string {
  const { epilogue } = layout;
  const rank = layout.outExtents.words.length;
  const index = `${layout.outOffset} + i32(t)`;
  const [row, column] = [`p${rank - 2}`, `p${rank - 1}`] as const;
  const added = layout.bias
    ? [
      `sum += ${
        loaded(inputs[2]!, `${others[0]}[${layout.biasAt(row, column)}]`)
      };`,
    ]
    : [];
  return renderSum(form, {
    type,
    outputs: `bitcast<u32>(${layout.outputs})`,
    count: layout.splits,
    part: (part) => `${parts}[${part} * outputs + t]`,
    store: [
      ...(layout.bias || epilogue
        ? splitPositions(layout.outExtents, "t", "p")
        : []),
      ...layout.biasBegin(),
      ...(epilogue
        ? [
          ...added,
          ...epilogue.store(
            { name: out!, at: index },
            others.slice(layout.bias ? 1 : 0),
            [layout.spot(row, column, "sum")],
            "t",
            BY_STRIDES,
            "",
          ),
        ]
        : [
          `if (${layout.from} > 0) {`,
          `sum += ${loaded(dtype!, `${out}[${index}]`)};`,
          ...(added.length > 0 ? ["} else {", ...added] : []),
          "}",
          `${out}[${index}] = ${stored(dtype!, "sum")};`,
        ]),
    ],
  });
}
