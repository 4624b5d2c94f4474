/**
 * Functions that were here before there were doors of their own for authors of
 * backends and for the packages of this repository. They work until 0.3, and
 * say once where they are now.
 *
 * @module
 */
import * as door from "./backend_mod.ts";
import { deviceFor as deviceForNow } from "./creation.ts";
import { showShape as showShapeNow } from "./errors.ts";
import {
  parseOptions as parseOptionsNow,
  showValue as showValueNow,
} from "./options.ts";
import { backendFromEnvironment as backendFromEnvironmentNow } from "./registry.ts";

const BACKEND = "@tenfold/core/backend";
const INTERNAL = "@tenfold/core/internal";
const told = new Set<string>();

/** The function, with a note at its first call. */
// deno-lint-ignore no-explicit-any -- whatever it takes is passed on
function moved<F extends (...args: any[]) => any>(
  name: string,
  to: string,
  move: F,
): F {
  return ((...args) => {
    if (!told.has(name)) {
      told.add(name);
      console.warn(
        `${name} of @tenfold/core is deprecated and will be removed in 0.3: import { ${name} } from "${to}"`,
      );
    }
    return move(...args);
  }) as F;
}

/**
 * See `accumulator` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { accumulator } from "@tenfold/core/backend";
 * ```
 */
export const accumulator: typeof door.accumulator = /* @__PURE__ */ moved(
  "accumulator",
  BACKEND,
  door.accumulator,
);

/**
 * See `arg` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { arg } from "@tenfold/core/backend";
 * ```
 */
export const arg: typeof door.arg = /* @__PURE__ */ moved(
  "arg",
  BACKEND,
  door.arg,
);

/**
 * See `broadcastShapes` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { broadcastShapes } from "@tenfold/core/backend";
 * ```
 */
export const broadcastShapes: typeof door.broadcastShapes =
  /* @__PURE__ */ moved("broadcastShapes", BACKEND, door.broadcastShapes);

/**
 * See `call` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { call } from "@tenfold/core/backend";
 * ```
 */
export const call: typeof door.call = /* @__PURE__ */ moved(
  "call",
  BACKEND,
  door.call,
);

/**
 * See `castExpr` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { castExpr } from "@tenfold/core/backend";
 * ```
 */
export const castExpr: typeof door.castExpr = /* @__PURE__ */ moved(
  "castExpr",
  BACKEND,
  door.castExpr,
);

/**
 * See `constant` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { constant } from "@tenfold/core/backend";
 * ```
 */
export const constant: typeof door.constant = /* @__PURE__ */ moved(
  "constant",
  BACKEND,
  door.constant,
);

/**
 * See `erf` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { erf } from "@tenfold/core/backend";
 * ```
 */
export const erf: typeof door.erf = /* @__PURE__ */ moved(
  "erf",
  BACKEND,
  door.erf,
);

/**
 * See `erfc` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { erfc } from "@tenfold/core/backend";
 * ```
 */
export const erfc: typeof door.erfc = /* @__PURE__ */ moved(
  "erfc",
  BACKEND,
  door.erfc,
);

/**
 * See `indexAlong` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { indexAlong } from "@tenfold/core/backend";
 * ```
 */
export const indexAlong: typeof door.indexAlong = /* @__PURE__ */ moved(
  "indexAlong",
  BACKEND,
  door.indexAlong,
);

/**
 * See `operandsOf` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { operandsOf } from "@tenfold/core/backend";
 * ```
 */
export const operandsOf: typeof door.operandsOf = /* @__PURE__ */ moved(
  "operandsOf",
  BACKEND,
  door.operandsOf,
);

/**
 * See `scalar` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { scalar } from "@tenfold/core/backend";
 * ```
 */
export const scalar: typeof door.scalar = /* @__PURE__ */ moved(
  "scalar",
  BACKEND,
  door.scalar,
);

/**
 * See `sizeOf` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { sizeOf } from "@tenfold/core/backend";
 * ```
 */
export const sizeOf: typeof door.sizeOf = /* @__PURE__ */ moved(
  "sizeOf",
  BACKEND,
  door.sizeOf,
);

/**
 * See `threefry` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { threefry } from "@tenfold/core/backend";
 * ```
 */
export const threefry: typeof door.threefry = /* @__PURE__ */ moved(
  "threefry",
  BACKEND,
  door.threefry,
);

/**
 * See `topological` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { topological } from "@tenfold/core/backend";
 * ```
 */
export const topological: typeof door.topological = /* @__PURE__ */ moved(
  "topological",
  BACKEND,
  door.topological,
);

/**
 * See `updateInPlace` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { updateInPlace } from "@tenfold/core/backend";
 * ```
 */
export const updateInPlace: typeof door.updateInPlace = /* @__PURE__ */ moved(
  "updateInPlace",
  BACKEND,
  door.updateInPlace,
);

/**
 * See `usesIndex` of `@tenfold/core/backend`.
 *
 * @deprecated Import it from `@tenfold/core/backend`.
 *
 * @example Where it is now
 * ```ts
 * import { usesIndex } from "@tenfold/core/backend";
 * ```
 */
export const usesIndex: typeof door.usesIndex = /* @__PURE__ */ moved(
  "usesIndex",
  BACKEND,
  door.usesIndex,
);

/**
 * See `backendFromEnvironment` of `@tenfold/core/internal`.
 *
 * @deprecated Import it from `@tenfold/core/internal`, of which nothing is
 * promised.
 *
 * @example Where it is now
 * ```ts
 * import { backendFromEnvironment } from "@tenfold/core/internal";
 * ```
 */
export const backendFromEnvironment: typeof backendFromEnvironmentNow =
  /* @__PURE__ */ moved(
    "backendFromEnvironment",
    INTERNAL,
    backendFromEnvironmentNow,
  );

/**
 * See `deviceFor` of `@tenfold/core/internal`.
 *
 * @deprecated Import it from `@tenfold/core/internal`, of which nothing is
 * promised.
 *
 * @example Where it is now
 * ```ts
 * import { deviceFor } from "@tenfold/core/internal";
 * ```
 */
export const deviceFor: typeof deviceForNow = /* @__PURE__ */ moved(
  "deviceFor",
  INTERNAL,
  deviceForNow,
);

/**
 * See `parseOptions` of `@tenfold/core/internal`.
 *
 * @deprecated Import it from `@tenfold/core/internal`, of which nothing is
 * promised.
 *
 * @example Where it is now
 * ```ts
 * import { parseOptions } from "@tenfold/core/internal";
 * ```
 */
export const parseOptions: typeof parseOptionsNow = /* @__PURE__ */ moved(
  "parseOptions",
  INTERNAL,
  parseOptionsNow,
);

/**
 * See `showShape` of `@tenfold/core/internal`.
 *
 * @deprecated Import it from `@tenfold/core/internal`, of which nothing is
 * promised.
 *
 * @example Where it is now
 * ```ts
 * import { showShape } from "@tenfold/core/internal";
 * ```
 */
export const showShape: typeof showShapeNow = /* @__PURE__ */ moved(
  "showShape",
  INTERNAL,
  showShapeNow,
);

/**
 * See `showValue` of `@tenfold/core/internal`.
 *
 * @deprecated Import it from `@tenfold/core/internal`, of which nothing is
 * promised.
 *
 * @example Where it is now
 * ```ts
 * import { showValue } from "@tenfold/core/internal";
 * ```
 */
export const showValue: typeof showValueNow = /* @__PURE__ */ moved(
  "showValue",
  INTERNAL,
  showValueNow,
);
