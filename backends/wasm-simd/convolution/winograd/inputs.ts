/**
 * What both directions do with inputs: the parts of a workspace, and the transform
 * of the inputs of a sample.
 *
 * @module
 */
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
} from "../../assembler.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { place, workspaceOf } from "../call_reader.ts";
import { IN, M } from "../emit_context.ts";
import {
  type Band,
  eachOf,
  overChannels,
  overRows,
  type Reads,
} from "./geometry.ts";
import { APART, type Roles } from "./plan.ts";
import { defineLoad, type Load } from "./planes.ts";
import type { Scheme } from "./scheme.ts";
import { defineInput, type ToValues } from "./transforms.ts";
import { depthOf, upToMultiple } from "./weights.ts";

/** Bytes of a vector. */
export const VECTOR = 16;

/** The functions that inputs pass. */
export interface InputTools {
  readonly load: Load;
  readonly input: ToValues;
}

/** Defines them. */
export function defineInputTools(
  module: ModuleBuilder,
  scheme: Scheme,
): InputTools {
  return { load: defineLoad(module), input: defineInput(module, scheme) };
}

/** The workspace of a thread, by its parts. */
export interface Parts {
  /** Vectors of positions of four times four channels, and bytes of each four. */
  readonly planes: Local<"i32">;
  readonly planeBytes: Local<"i32">;
  /** Positions of a row there, and its bytes. */
  readonly pitch: Local<"i32">;
  readonly pitchBytes: Local<"i32">;
  /** Values, the bytes of a tile and those from one value to the next. */
  readonly values: Local<"i32">;
  readonly tileBytes: Local<"i32">;
  readonly between: Local<"i32">;
  /** Products or gradients of filters, likewise. */
  readonly products: Local<"i32">;
  readonly productBytes: Local<"i32">;
  readonly productsBetween: Local<"i32">;
  /** Channels of all phases. */
  readonly depth: Local<"i32">;
  /** Channels of a phase. */
  readonly lanes: Local<"i32">;
}

/**
 * Emits where the parts are.
 *
 * @param multiple Of how many the channels of a tile are a multiple.
 */
export function locateParts(
  f: FunctionBuilder,
  reads: Reads,
  scheme: Scheme,
  thread: Local<"i32">,
  channels: Local<"i32">,
  multiple: 4 | 8,
): Parts {
  const depth = depthOf(f, scheme, channels);
  const bytesOf = (count: Code<"i32">, of: number) =>
    f.let(i32.shl(upToMultiple(count, of), i32.const(2)));
  const tileBytes = bytesOf(depth, multiple);
  const productBytes = bytesOf(reads.extent(M), TILE_COLUMNS);
  const planes = workspaceOf(f, reads, thread);
  const tiles = f.let(
    i32.mul(
      i32.mul(reads.scalar("samples"), reads.scalar("bandRows")),
      reads.scalar("bandColumns"),
    ),
  );
  const pitch = reads.scalar("pitch");
  return {
    planes,
    planeBytes: reads.scalar("planeBytes"),
    pitch,
    pitchBytes: f.let(i32.mul(pitch, i32.const(VECTOR))),
    values: f.let(i32.add(planes, reads.scalar("valuesAt"))),
    tileBytes,
    between: f.let(place(i32.const(APART), [tiles, tileBytes])),
    products: f.let(i32.add(planes, reads.scalar("productsAt"))),
    productBytes,
    productsBetween: f.let(place(i32.const(APART), [tiles, productBytes])),
    depth,
    lanes: f.let(upToMultiple(channels, 4)),
  };
}

/** Emits where a buffer begins for the first sample of a band. */
export function startOfBand(
  f: FunctionBuilder,
  reads: Reads,
  { samples, rows, columns }: Roles,
  { first, top, left }: Band,
  start: Local<"i32">,
  buffer: number,
): Local<"i32"> {
  return f.let(
    place(
      start,
      [first, reads.stride(buffer, samples)],
      [top, reads.stride(buffer, rows)],
      [left, reads.stride(buffer, columns)],
    ),
  );
}

/** Emits the transforms of the inputs of all samples of a band. */
export function transformInputs(
  f: FunctionBuilder,
  reads: Reads,
  { load, input }: InputTools,
  { step, points, tile, taps }: Scheme,
  parts: Parts,
  roles: Roles,
  band: Band,
  source: Local<"i32">,
  channels: Local<"i32">,
): void {
  const { planes, planeBytes, pitch, pitchBytes, tileBytes } = parts;
  const start = startOfBand(f, reads, roles, band, source, IN);
  const downBytes = f.hoist(
    i32.mul(
      i32.mul(reads.scalar("pitch"), i32.const(VECTOR)),
      i32.const(step),
    ),
  );
  // Inputs that the outputs need, from the first of the band on.
  const needed = (outputs: number, before: Local<"i32">) => {
    const left = i32.sub(reads.extent(outputs), before);
    const both = i32.add(left, i32.const(taps - 1));
    return f.let(i32.mul(both, i32.const(step)));
  };
  const there = needed(roles.rows, band.top);
  const columns = needed(roles.columns, band.left);
  const rows = f.let(
    i32.mul(
      i32.add(i32.sub(band.bottom, band.top), i32.const(points - tile + 1)),
      i32.const(step),
    ),
  );
  const between = reads.stride(IN, roles.channels);
  const sample = f.let(i32.const(0));
  f.for(sample, band.samples, 1, () => {
    const from = f.let(start);
    overChannels(f, channels, (first, some) => {
      eachOf(f, some, planes, planeBytes, first, (at, channel) =>
        f.do(
          load.call(
            from,
            between,
            i32.sub(channels, channel),
            reads.stride(IN, roles.tapRows),
            there,
            rows,
            columns,
            pitch,
            at,
          ),
        ), [[from, i32.shl(between, i32.const(2))]]);
      overRows(
        f,
        tile,
        band,
        sample,
        (row) =>
          eachOf(f, some, planes, planeBytes, first, (at, channel) => {
            const position = f.let(place(at, [row.top, downBytes]));
            for (let phase = 0; phase < step ** 2; phase++) {
              const lane = i32.add(
                i32.mul(parts.lanes, i32.const(phase)),
                channel,
              );
              const to = f.let(
                i32.add(parts.values, i32.shl(lane, i32.const(2))),
              );
              f.do(
                input.call(
                  place(
                    i32.add(position, i32.const(VECTOR * (phase % step))),
                    [i32.const(Math.floor(phase / step)), pitchBytes],
                  ),
                  downBytes,
                  band.across,
                  band.fullAcross,
                  place(to, [row.tile, tileBytes]),
                  place(to, [row.other, tileBytes]),
                  parts.between,
                  tileBytes,
                ),
              );
            }
          }),
      );
    });
    f.increase(start, reads.stride(IN, roles.samples));
  });
}
