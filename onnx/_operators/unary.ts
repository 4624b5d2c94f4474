/**
 * Operators over one tensor, element by element, activations among them.
 *
 * @module
 */
import { onesLike, type Tensor, zerosLike } from "@tenfold/core";
import type { Call, Operator, Operators } from "../_call.ts";
import { convert, dtypeOf, factsOf, nameOf, Type } from "../_element.ts";
import { mapKnown } from "../_host.ts";
import {
  type Known,
  known,
  MOST_KNOWN,
  ofTensor,
  type Value,
} from "../_value.ts";

type TensorFn = (x: Tensor, call: Call) => Tensor;

function unary(
  tensors: TensorFn,
  { numbers, type, since = 1, until }: {
    numbers?: (x: number) => number;
    type?: number;
    since?: number;
    until?: number;
  } = {},
): Operator {
  return {
    since,
    ...(until === undefined ? {} : { until }),
    run: (call) => {
      const x = call.tensor(0);
      return ofTensor(tensors(x, call), type ?? call.value(0).type);
    },
    ...(numbers && {
      known: (_: Call, [x]: readonly Known[]) =>
        x!.numbers.length <= MOST_KNOWN
          ? mapKnown(type ?? x!.type, [x!], numbers)
          : null,
    }),
  };
}

/** Rounds to the nearest integer, halves to the even one. */
function roundEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest < 0.5 ? down : down + 1;
}

/** Asin and Acos need √(1 - x²) without cancellation. */
const beside = (x: Tensor): Tensor =>
  x.neg().add(1).mul(x.add(1)).clamp({ min: 0 }).sqrt();

/** Beyond this, asinh and acosh are log(2 |x|) in any precision. */
const FAR = 1e9;

function inverseSinh(x: Tensor): Tensor {
  const size = x.abs();
  const near = size.clamp({ max: FAR });
  const square = near.square();
  const inside = near.add(square.div(square.add(1).sqrt().add(1))).log1p();
  const far = size.clamp({ min: FAR }).log().add(Math.LN2);
  return inside.where(size.le(FAR), far).mul(x.sign());
}

function inverseCosh(x: Tensor): Tensor {
  const t = x.clamp({ max: FAR }).sub(1);
  const inside = t.add(t.mul(t.add(2)).sqrt()).log1p();
  const far = x.clamp({ min: FAR }).log().add(Math.LN2);
  return inside.where(x.le(FAR), far);
}

function geluTanh(x: Tensor): Tensor {
  const inner = x.add(x.mul(x).mul(x).mul(0.044715));
  return inner.mul(Math.sqrt(2 / Math.PI)).tanh().add(1).mul(x.mul(0.5));
}

/** The slope of PRelu, which before version 7 has one number a channel. */
function slopeOf(call: Call): Tensor {
  const slope = call.tensor(1);
  const rank = call.value(0).shape.length;
  if (call.version >= 7 || slope.ndim !== 1 || rank < 3) return slope;
  return slope.reshape([slope.size, ...Array<number>(rank - 2).fill(1)]);
}

/** The bound of Clip, from an input or, before version 11, an attribute. */
function boundOf(call: Call, at: 1 | 2): Tensor | number | undefined {
  if (call.version < 11) return call.attribute(at === 1 ? "min" : "max");
  return call.has(at) ? call.operand(at, call.value(0)) : undefined;
}

const clip: Operator = {
  run: (call) => {
    const x = call.tensor(0);
    const [min, max] = [boundOf(call, 1), boundOf(call, 2)];
    return call.like(
      0,
      min === undefined && max === undefined ? x : x.clamp({
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
      }),
    );
  },
  known: (call, [x]) => {
    const low = call.version < 11 ? call.attribute("min") : call.number(1);
    const high = call.version < 11 ? call.attribute("max") : call.number(2);
    return mapKnown(
      x!.type,
      [x!],
      (value) => Math.min(Math.max(value, low ?? -Infinity), high ?? Infinity),
    );
  },
};

/** The names that Cast took before version 6. */
function castTarget(call: Call): number {
  const to = call.node.attributes.get("to");
  if (typeof to === "number") return to;
  const type = Type[String(to) as keyof typeof Type];
  if (type === undefined) throw new TypeError(`it casts to ${to}`);
  return type;
}

/** A tensor converted to a type; narrow integers wrap. */
export function castTensor(x: Tensor, to: number): Tensor {
  const dtype = dtypeOf(to, x.device.backend.dtypes);
  const out = x.cast(dtype);
  const range = factsOf(to)?.range;
  if (range === undefined || range[1] >= 2 ** 31 - 1 || x.dtype === "bool") {
    return out;
  }
  const span = range[1] - range[0] + 1;
  return out.sub(range[0]).remainder(span).add(range[0]);
}

function cast(call: Call, to: number): Value {
  return ofTensor(castTensor(call.tensor(0), to), to);
}

const castKnown = (x: Known, to: number): Known =>
  known(to, x.shape, convert(x.numbers, x.type, to));

const isInfinite: Operator = unary((x, call) => {
  const infinite = x.isFinite().logicalOr(x.isNan()).logicalNot();
  const [below, above] = [
    call.attribute("detect_negative", 1),
    call.attribute("detect_positive", 1),
  ];
  if (below && above) return infinite;
  if (!below && !above) return zerosLike(infinite);
  return infinite.logicalAnd(below ? x.lt(0) : x.gt(0));
}, { type: Type.BOOL, since: 10 });

const selu: TensorFn = (x, call) =>
  x.elu(
    call.attribute("alpha", call.version < 6 ? 1.6732 : 1.6732632423543772),
  ).mul(
    call.attribute("gamma", call.version < 6 ? 1.0507 : 1.0507009873554805),
  );

/** The operators of this file. */
export const UNARY: Operators = {
  Abs: unary((x) => x.abs(), { numbers: Math.abs }),
  Neg: unary((x) => x.neg(), { numbers: (x) => -x }),
  Exp: unary((x) => x.exp(), { numbers: Math.exp }),
  Log: unary((x) => x.log(), { numbers: Math.log }),
  Sqrt: unary((x) => x.sqrt(), { numbers: Math.sqrt }),
  Reciprocal: unary((x) => x.reciprocal(), { numbers: (x) => 1 / x }),
  Floor: unary((x) => x.floor(), { numbers: Math.floor }),
  Ceil: unary((x) => x.ceil(), { numbers: Math.ceil }),
  Round: unary((x) => x.round(), { numbers: roundEven, since: 11 }),
  Sign: unary((x) => x.sign(), { numbers: Math.sign, since: 9 }),
  Sin: unary((x) => x.sin(), { numbers: Math.sin, since: 7 }),
  Cos: unary((x) => x.cos(), { numbers: Math.cos, since: 7 }),
  Tan: unary((x) => x.tan(), { numbers: Math.tan, since: 7 }),
  Asin: unary((x) => x.atan2(beside(x)), { since: 7 }),
  Acos: unary((x) => beside(x).atan2(x), { since: 7 }),
  Atan: unary((x) => x.atan2(1), { since: 7 }),
  Sinh: unary((x) => x.expm1().sub(x.neg().expm1()).mul(0.5), { since: 9 }),
  Cosh: unary((x) => x.exp().add(x.neg().exp()).mul(0.5), { since: 9 }),
  Asinh: unary(inverseSinh, { since: 9 }),
  Acosh: unary(inverseCosh, { since: 9 }),
  Atanh: unary((x) => x.log1p().sub(x.neg().log1p()).mul(0.5), { since: 9 }),
  Tanh: unary((x) => x.tanh()),
  Sigmoid: unary((x) => x.sigmoid()),
  Erf: unary((x) => x.erf(), { since: 9 }),
  IsNaN: unary((x) => x.isNan(), { type: Type.BOOL, since: 9 }),
  IsInf: isInfinite,
  Not: unary((x) => x.logicalNot(), {
    numbers: (x) => x === 0 ? 1 : 0,
    type: Type.BOOL,
  }),

  Relu: unary((x) => x.relu(), { numbers: (x) => Math.max(x, 0) }),
  LeakyRelu: unary((x, call) => x.leakyRelu(call.attribute("alpha", 0.01))),
  Elu: unary((x, call) => x.elu(call.attribute("alpha", 1))),
  Selu: unary(selu),
  Celu: unary((x, call) => {
    const alpha = call.attribute("alpha", 1);
    return x.div(alpha).elu(1).mul(alpha);
  }, { since: 12 }),
  ThresholdedRelu: unary(
    (x, call) => x.where(x.gt(call.attribute("alpha", 1)), 0),
    { since: 10 },
  ),
  PRelu: unary((x, call) => x.where(x.ge(0), x.mul(slopeOf(call)))),
  Softplus: unary((x) => x.softplus()),
  Softsign: unary((x) => x.div(x.abs().add(1))),
  HardSigmoid: unary((x, call) =>
    x.mul(call.attribute("alpha", 0.2)).add(call.attribute("beta", 0.5))
      .clamp({ min: 0, max: 1 })
  ),
  HardSwish: unary(
    (x) => x.mul(x.mul(1 / 6).add(0.5).clamp({ min: 0, max: 1 })),
    { since: 14 },
  ),
  Mish: unary((x) => x.mul(x.softplus().tanh()), { since: 18 }),
  Swish: unary(
    (x, call) => x.mul(x.mul(call.attribute("alpha", 1)).sigmoid()),
    { since: 24 },
  ),
  Gelu: unary(
    (x, call) =>
      call.text("approximate", "none") === "tanh" ? geluTanh(x) : x.gelu(),
    { since: 20 },
  ),
  Shrink: unary((x, call) => {
    const [lambda, bias] = [
      call.attribute("lambd", 0.5),
      call.attribute("bias", 0),
    ];
    const low = x.add(bias).where(x.lt(-lambda), 0);
    return x.sub(bias).where(x.gt(lambda), low);
  }, { since: 9 }),
  Clip: clip,

  Identity: { run: (call) => call.value(0), known: (_, [x]) => x! },
  Cast: {
    run: (call) => cast(call, castTarget(call)),
    known: (call, [x]) => castKnown(x!, castTarget(call)),
    refuses: ({ attributes }) => {
      const to = attributes.get("to");
      return typeof to === "number" && factsOf(to) === undefined
        ? `it casts to ${nameOf(to)}`
        : undefined;
    },
  },
  CastLike: {
    since: 15,
    run: (call) => cast(call, call.value(1).type),
    known: (_, [x, like]) => castKnown(x!, like!.type),
  },
  /** Nothing, as a model runs in evaluation. */
  Dropout: {
    run: (call) => {
      const x = call.value(0);
      return call.wants(1)
        ? [x, ofTensor(onesLike(call.toTensor(x), { dtype: "bool" }))]
        : x;
    },
    numbers: [1, 2],
  },
};
