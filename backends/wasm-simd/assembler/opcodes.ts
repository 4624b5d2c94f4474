/**
 * The WebAssembly instructions that the assembler knows, as tables: for each
 * namespace of the text format the rest of an instruction's name and its
 * opcode, by the types of its operands and its result.
 *
 * The types of the assembler's functions are computed from these tables, so an
 * opcode added here is a function there.
 *
 * Opcodes above 0xff carry their prefix in the upper bytes: `0xfc` for
 * saturating conversions, `0xfe` for atomics. Those of vector namespaces are
 * written without theirs, `0xfd`, which all of them have.
 *
 * Source: the WebAssembly core specification 2.0, and the relaxed SIMD and
 * threads proposals.
 *
 * @module
 */

/** The prefix of the vector instructions. */
export const VECTOR = 0xfd_0000;
/** The prefix of the saturating conversions and of the bulk instructions. */
export const MISC = 0xfc_0000;
/** The prefix of the atomic instructions. */
export const ATOMIC = 0xfe_0000;

/** The type of a lane, or of the values of a namespace that has none. */
export const LANES = {
  i32: "i32",
  i64: "i64",
  f32: "f32",
  f64: "f64",
  v128: "v128",
  i8x16: "i32",
  i16x8: "i32",
  i32x4: "i32",
  i64x2: "i64",
  f32x4: "f32",
  f64x2: "f64",
} as const;

/** Instructions without immediates: `"operands > result"`, name and opcode. */
export const PLAIN = {
  i32: {
    "i32 > i32": { eqz: 0x45, clz: 0x67, ctz: 0x68 },
    "i32 i32 > i32": {
      eq: 0x46,
      ne: 0x47,
      lt_s: 0x48,
      lt_u: 0x49,
      gt_s: 0x4a,
      gt_u: 0x4b,
      le_s: 0x4c,
      le_u: 0x4d,
      ge_s: 0x4e,
      ge_u: 0x4f,
      add: 0x6a,
      sub: 0x6b,
      mul: 0x6c,
      div_s: 0x6d,
      div_u: 0x6e,
      rem_s: 0x6f,
      rem_u: 0x70,
      and: 0x71,
      or: 0x72,
      xor: 0x73,
      shl: 0x74,
      shr_s: 0x75,
      shr_u: 0x76,
      rotl: 0x77,
    },
    "i64 > i32": { wrap_i64: 0xa7 },
    "f32 > i32": {
      reinterpret_f32: 0xbc,
      trunc_sat_f32_s: MISC | 0x00,
      trunc_sat_f32_u: MISC | 0x01,
    },
    "f64 > i32": { trunc_sat_f64_s: MISC | 0x02 },
  },
  i64: {
    "i64 > i32": { eqz: 0x50 },
    "i64 i64 > i32": { eq: 0x51, ne: 0x52, gt_s: 0x55, gt_u: 0x56 },
    "i64 i64 > i64": {
      add: 0x7c,
      sub: 0x7d,
      mul: 0x7e,
      and: 0x83,
      or: 0x84,
      xor: 0x85,
      shl: 0x86,
      shr_s: 0x87,
      shr_u: 0x88,
    },
    "i32 > i64": { extend_i32_s: 0xac, extend_i32_u: 0xad },
    "f64 > i64": { reinterpret_f64: 0xbd, trunc_sat_f64_s: MISC | 0x06 },
    "f32 > i64": { trunc_sat_f32_s: MISC | 0x04 },
  },
  f32: {
    "f32 f32 > i32": {
      eq: 0x5b,
      ne: 0x5c,
      lt: 0x5d,
      gt: 0x5e,
      le: 0x5f,
      ge: 0x60,
    },
    "f32 > f32": {
      abs: 0x8b,
      neg: 0x8c,
      ceil: 0x8d,
      floor: 0x8e,
      trunc: 0x8f,
      nearest: 0x90,
      sqrt: 0x91,
    },
    "f32 f32 > f32": {
      add: 0x92,
      sub: 0x93,
      mul: 0x94,
      div: 0x95,
      min: 0x96,
      max: 0x97,
      copysign: 0x98,
    },
    "i32 > f32": {
      convert_i32_s: 0xb2,
      convert_i32_u: 0xb3,
      reinterpret_i32: 0xbe,
    },
    "f64 > f32": { demote_f64: 0xb6 },
  },
  f64: {
    "f64 f64 > i32": {
      eq: 0x61,
      ne: 0x62,
      lt: 0x63,
      gt: 0x64,
      le: 0x65,
      ge: 0x66,
    },
    "f64 > f64": {
      abs: 0x99,
      neg: 0x9a,
      ceil: 0x9b,
      floor: 0x9c,
      trunc: 0x9d,
      nearest: 0x9e,
      sqrt: 0x9f,
    },
    "f64 f64 > f64": {
      add: 0xa0,
      sub: 0xa1,
      mul: 0xa2,
      div: 0xa3,
      min: 0xa4,
      max: 0xa5,
      copysign: 0xa6,
    },
    "i32 > f64": { convert_i32_s: 0xb7, convert_i32_u: 0xb8 },
    "f32 > f64": { promote_f32: 0xbb },
    "i64 > f64": { reinterpret_i64: 0xbf },
  },
  i8x16: {
    "v128 v128 > v128": {
      swizzle: 0x0e,
      eq: 0x23,
      ne: 0x24,
      narrow_i16x8_u: 0x66,
      min_u: 0x77,
      sub: 0x71,
      add: 0x6e,
    },
    "i32 > v128": { splat: 0x0f },
    "v128 > i32": { all_true: 0x63 },
  },
  i32x4: {
    "i32 > v128": { splat: 0x11 },
    "v128 v128 > v128": {
      eq: 0x37,
      ne: 0x38,
      lt_s: 0x39,
      lt_u: 0x3a,
      gt_s: 0x3b,
      gt_u: 0x3c,
      le_s: 0x3d,
      le_u: 0x3e,
      ge_s: 0x3f,
      ge_u: 0x40,
      add: 0xae,
      sub: 0xb1,
      mul: 0xb5,
      min_s: 0xb6,
      min_u: 0xb7,
      max_s: 0xb8,
      max_u: 0xb9,
      dot_i16x8_s: 0xba,
    },
    "v128 > v128": {
      abs: 0xa0,
      neg: 0xa1,
      extend_low_i16x8_s: 0xa7,
      extend_low_i16x8_u: 0xa9,
      extend_high_i16x8_u: 0xaa,
      trunc_sat_f32x4_s: 0xf8,
      trunc_sat_f32x4_u: 0xf9,
      trunc_sat_f64x2_s_zero: 0xfc,
      relaxed_trunc_f32x4_s: 0x101,
      relaxed_trunc_f64x2_s_zero: 0x103,
    },
    "v128 > i32": { all_true: 0xa3, bitmask: 0xa4 },
    "v128 i32 > v128": { shl: 0xab, shr_s: 0xac, shr_u: 0xad },
    "v128 v128 v128 > v128": {
      relaxed_laneselect: 0x10b,
      relaxed_dot_i8x16_i7x16_add_s: 0x113,
    },
  },
  i64x2: {
    "i64 > v128": { splat: 0x12 },
    "v128 > v128": {
      neg: 0xc1,
      extend_low_i32x4_s: 0xc7,
      extend_high_i32x4_s: 0xc8,
      extend_low_i32x4_u: 0xc9,
      extend_high_i32x4_u: 0xca,
    },
    "v128 i32 > v128": { shl: 0xcb, shr_s: 0xcc, shr_u: 0xcd },
    "v128 v128 > v128": {
      add: 0xce,
      sub: 0xd1,
      mul: 0xd5,
      extmul_low_i32x4_s: 0xdc,
      extmul_low_i32x4_u: 0xde,
      extmul_high_i32x4_u: 0xdf,
    },
  },
  f32x4: {
    "f32 > v128": { splat: 0x13 },
    "v128 v128 > v128": {
      eq: 0x41,
      ne: 0x42,
      lt: 0x43,
      gt: 0x44,
      le: 0x45,
      ge: 0x46,
      add: 0xe4,
      sub: 0xe5,
      mul: 0xe6,
      div: 0xe7,
      min: 0xe8,
      max: 0xe9,
      pmin: 0xea,
      pmax: 0xeb,
    },
    "v128 > v128": {
      demote_f64x2_zero: 0x5e,
      ceil: 0x67,
      floor: 0x68,
      trunc: 0x69,
      nearest: 0x6a,
      abs: 0xe0,
      neg: 0xe1,
      sqrt: 0xe3,
      convert_i32x4_s: 0xfa,
      convert_i32x4_u: 0xfb,
    },
    "v128 v128 v128 > v128": { relaxed_madd: 0x105, relaxed_nmadd: 0x106 },
  },
  f64x2: {
    "f64 > v128": { splat: 0x14 },
    "v128 v128 > v128": {
      eq: 0x47,
      ne: 0x48,
      lt: 0x49,
      gt: 0x4a,
      le: 0x4b,
      ge: 0x4c,
      add: 0xf0,
      sub: 0xf1,
      mul: 0xf2,
      div: 0xf3,
      min: 0xf4,
      max: 0xf5,
      pmin: 0xf6,
      pmax: 0xf7,
    },
    "v128 > v128": {
      promote_low_f32x4: 0x5f,
      ceil: 0x74,
      floor: 0x75,
      trunc: 0x7a,
      nearest: 0x94,
      abs: 0xec,
      neg: 0xed,
      sqrt: 0xef,
      convert_low_i32x4_s: 0xfe,
    },
    "v128 v128 v128 > v128": { relaxed_madd: 0x107, relaxed_nmadd: 0x108 },
  },
  v128: {
    "v128 > v128": { not: 0x4d },
    "v128 v128 > v128": { and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51 },
    "v128 v128 v128 > v128": { bitselect: 0x52 },
    "v128 > i32": { any_true: 0x53 },
  },
  i16x8: {
    "v128 v128 > v128": {
      narrow_i32x4_u: 0x86,
      relaxed_dot_i8x16_i7x16_s: 0x112,
    },
    "v128 > v128": {
      extend_low_i8x16_s: 0x87,
      extend_high_i8x16_s: 0x88,
      extend_low_i8x16_u: 0x89,
      extend_high_i8x16_u: 0x8a,
    },
  },
} as const;

/** Loads: `[opcode, log2 of the natural alignment]`. */
export const LOADS = {
  i32: {
    load: [0x28, 2],
    load8_s: [0x2c, 0],
    load8_u: [0x2d, 0],
    load16_u: [0x2f, 1],
    "atomic.load": [ATOMIC | 0x10, 2],
  },
  i64: { load: [0x29, 3] },
  f32: { load: [0x2a, 2] },
  f64: { load: [0x2b, 3] },
  v128: {
    load: [0x00, 4],
    load8x8_u: [0x02, 3],
    load16x4_u: [0x04, 3],
    load8_splat: [0x07, 0],
    load16_splat: [0x08, 1],
    load32_splat: [0x09, 2],
    load64_splat: [0x0a, 3],
    load32_zero: [0x5c, 2],
    load64_zero: [0x5d, 3],
  },
} as const;

/** Stores: `[opcode, log2 of the natural alignment]`. */
export const STORES = {
  i32: {
    store: [0x36, 2],
    store8: [0x3a, 0],
    store16: [0x3b, 1],
    "atomic.store": [ATOMIC | 0x17, 2],
  },
  i64: { store: [0x37, 3] },
  f32: { store: [0x38, 2] },
  f64: { store: [0x39, 3] },
  v128: { store: [0x0b, 4] },
} as const;

/** Lane reads; the lane is an immediate. */
export const EXTRACTS = {
  i8x16: { extract_lane_u: 0x16 },
  i32x4: { extract_lane: 0x1b },
  i64x2: { extract_lane: 0x1d },
  f32x4: { extract_lane: 0x1f },
  f64x2: { extract_lane: 0x21 },
} as const;

/** Lane writes; the lane is an immediate. */
export const REPLACES = {
  i8x16: { replace_lane: 0x17 },
  i32x4: { replace_lane: 0x1c },
  i64x2: { replace_lane: 0x1e },
  f32x4: { replace_lane: 0x20 },
  f64x2: { replace_lane: 0x22 },
} as const;

/** Lane loads: `[opcode, log2 of the natural alignment]`. */
export const LANE_LOADS = {
  v128: {
    load8_lane: [0x54, 0],
    load16_lane: [0x55, 1],
    load32_lane: [0x56, 2],
    load64_lane: [0x57, 3],
  },
} as const;

/** Lane stores: `[opcode, log2 of the natural alignment]`. */
export const LANE_STORES = {
  v128: {
    store8_lane: [0x58, 0],
    store16_lane: [0x59, 1],
    store32_lane: [0x5a, 2],
    store64_lane: [0x5b, 3],
  },
} as const;
