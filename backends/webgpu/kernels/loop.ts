/**
 * Loops in WGSL: from an invocation's number to positions along dims, and from
 * these to elements of operands.
 *
 * @module
 */
import type { Profile } from "../device/profile.ts";
import { int, type Params, uint } from "../wgsl/params.ts";

/**
 * Iterations that the loops of one invocation may take together: llvmpipe ends
 * all of them after 65,535, without an error.
 */
export const MAX_ITERATIONS = 32768;

/** The numbers from 0 on, for what is unrolled. */
export const range = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => i);

/** Words of the extents of a loop. */
export interface Extents {
  /** The word of each extent. */
  readonly words: readonly number[];
}

/** Words of an operand's offset and strides. */
export interface OperandLayout {
  /** The word of the offset. */
  readonly offset: number;
  /** The word of each stride. */
  readonly strides: readonly number[];
}

/** Allocates words for `rank` extents. */
export function takeExtents(params: Params, rank: number): Extents {
  return { words: Array.from({ length: rank }, () => params.take()) };
}

/** Allocates words for an operand's offset and strides. */
export function takeOperandLayout(params: Params, rank: number): OperandLayout {
  return {
    offset: params.take(),
    strides: Array.from({ length: rank }, () => params.take()),
  };
}

/** Writes an operand's offset and strides, these from dim `from` on. */
export function fillOperandLayout(
  ints: Int32Array,
  first: number,
  layout: OperandLayout,
  offset: number,
  strides: readonly number[],
  from = 0,
): void {
  const { strides: words } = layout;
  ints[first + layout.offset] = offset;
  for (let d = 0; d < words.length; d++) {
    ints[first + words[d]!] = strides[from + d]!;
  }
}

/**
 * Statements that split `linear`, a `u32`, into positions `name0`, `name1`, …,
 * each an `i32`.
 */
export function splitPositions(
  extents: Extents,
  linear: string,
  name: string,
): string[] {
  const rank = extents.words.length;
  if (rank === 1) return [`let ${name}0 = i32(${linear});`];
  const lines = [`var ${name}_rest: u32 = ${linear};`];
  for (let d = rank - 1; d > 0; d--) {
    const extent = uint(extents.words[d]!);
    lines.push(
      `let ${name}${d} = i32(${name}_rest % ${extent});`,
      `${name}_rest = ${name}_rest / ${extent};`,
    );
  }
  lines.push(`let ${name}0 = i32(${name}_rest);`);
  return lines;
}

/** The terms of an element's index at positions `name0`, `name1`, …. */
export function indexTerms({ strides }: OperandLayout, name: string): string[] {
  return strides.map((word, d) => `${name}${d} * ${int(word)}`);
}

/** The index of an element in its buffer, an `i32`. */
export function elementIndex(layout: OperandLayout, name: string): string {
  return [int(layout.offset), ...indexTerms(layout, name)].join(" + ");
}

/** The head of a shader's main function. */
export function mainOf(size: number, builtins: string): string {
  return `@compute @workgroup_size(${size}) fn main(${builtins}) {`;
}

/**
 * The head of a shader whose invocations work on their own: `t` is the number
 * of one, a `u32`, in a dispatch that {@linkcode gridFor} counted. There may be
 * more of them than there is work. They do not loop over work, as software
 * adapters store several times slower inside of loops.
 */
export function eachInvocation(size: number): string[] {
  const builtins = [
    "@builtin(global_invocation_id) id: vec3<u32>",
    "@builtin(num_workgroups) groups: vec3<u32>",
  ];
  return [
    mainOf(size, builtins.join(", ")),
    `let t = id.x + id.y * (groups.x * ${size}u);`,
  ];
}

/** Builtins where a workgroup works as one. */
export const WORKGROUPS: string = [
  "@builtin(workgroup_id) group: vec3<u32>",
  "@builtin(num_workgroups) groups: vec3<u32>",
  "@builtin(local_invocation_index) lane: u32",
].join(", ");

/** Further ones that tell an invocation its subgroup, and its place there. */
const SUBGROUPS = [
  "@builtin(subgroup_id) subgroup: u32",
  "@builtin(num_subgroups) subgroups: u32",
  "@builtin(subgroup_invocation_id) sub_lane: u32",
].join(", ");

/** The head of a shader whose invocations combine what they have found. */
export function mainTogether(
  { size, subgroups }: { size: number; subgroups: boolean },
): string {
  return mainOf(size, subgroups ? `${WORKGROUPS}, ${SUBGROUPS}` : WORKGROUPS);
}

/** The number of a workgroup that {@linkcode spread} counted. */
export function workgroupNumber(): string {
  return "group.x + groups.x * group.y";
}

/** At least `count` workgroups, over two dims where one does not hold them. */
export function spread(
  profile: Profile,
  count: number,
): readonly [x: number, y: number] {
  if (count <= profile.maxGroups) return [count, 1];
  const y = Math.ceil(count / profile.maxGroups);
  return [Math.ceil(count / y), y];
}

/** Workgroups of `size` for at least `count` invocations. */
export function gridFor(
  profile: Profile,
  count: number,
  size: number,
): readonly [x: number, y: number] {
  return spread(profile, Math.ceil(count / size));
}
