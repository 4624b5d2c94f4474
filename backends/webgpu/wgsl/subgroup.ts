/**
 * WGSL functions over the invocations of a subgroup, where a device has the
 * feature `subgroups`, and what stands before shaders that call them.
 *
 * @module
 */

/** The integer that orders like a float, of which the float comes back. */
const KEY = `let bits = bitcast<u32>(x);
  let key = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);`;
const FLOAT = (key: string) =>
  `bitcast<f32>(select(~${key}, ${key} & 0x7fffffffu, (${key} >> 31u) == 1u))`;

/** Functions by name; each is whole, and may call others of the library. */
export const SUBGROUP: Readonly<Record<string, string>> = {
  // By integers, as WGSL leaves open what becomes of NaN among floats: here it
  // is the largest key, or the smallest, and comes back as NaN.
  tf_subgroup_max: `fn tf_subgroup_max(x: f32) -> f32 {
  ${KEY}
  let top = subgroupMax(select(key, 0xffffffffu, tf_is_nan(x)));
  return ${FLOAT("top")};
}`,
  tf_subgroup_min: `fn tf_subgroup_min(x: f32) -> f32 {
  ${KEY}
  let low = subgroupMin(select(key, 0u, tf_is_nan(x)));
  return ${FLOAT("low")};
}`,
};

/** What stands before a shader that calls functions of subgroups. */
export const SUBGROUP_HEADER = "enable subgroups;\nrequires subgroup_id;\n";
