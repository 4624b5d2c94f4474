/**
 * Discrete Fourier transforms of complex numbers in double precision, of any
 * length: a length is taken apart into small factors, each stage sorting as it
 * goes (Stockham), and where a prime factor is large, the transform is a
 * convolution of a longer, smooth length (Bluestein).
 *
 * @module
 */

/** Real and imaginary parts apart. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** What transforms of one length need; `work` changes with each. */
export interface FourierPlan {
  readonly n: number;
  /** Transforms `work`, and answers where the result lies. */
  readonly run: (work: Complex) => Complex;
  /** Where numbers are put before a transform. */
  readonly work: Complex;
  /** `e^(-2πi j / n)`. */
  readonly twiddles: Complex;
}

/** Prime factors up to this are made directly. */
const LARGEST = 31;
/** Plans that were made last, and how many elements they hold together. */
const plans = new Map<number, FourierPlan>();
const MOST_HELD = 2 ** 20;
let held = 0;

const complex = (n: number): Complex => ({
  re: new Float64Array(n),
  im: new Float64Array(n),
});

/** `e^(-2πi j / n)` for all j, exact at quarters. */
function twiddlesOf(n: number): Complex {
  const { re, im } = complex(n);
  for (let j = 0; j < n; j++) {
    const quarters = Math.round(4 * j / n);
    // 4 j - quarters n is exact, so that the angle has all of its digits.
    const angle = (4 * j - quarters * n) * (Math.PI / 2 / n);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const at = quarters % 4;
    re[j] = at === 0 ? c : at === 1 ? -s : at === 2 ? -c : s;
    im[j] = at === 0 ? -s : at === 1 ? -c : at === 2 ? s : c;
  }
  return { re, im };
}

/** Factors 4, then primes; null where one is large. */
function factorsOf(n: number): number[] | null {
  const factors: number[] = [];
  let rest = n;
  for (const f of [4, 2, 3]) {
    while (rest % f === 0) {
      factors.push(f);
      rest /= f;
    }
  }
  for (let f = 5; f <= LARGEST; f += 2) {
    while (rest % f === 0) {
      factors.push(f);
      rest /= f;
    }
  }
  return rest === 1 ? factors : null;
}

/** The plan of a length; those used last are kept. */
export function fourierPlan(n: number): FourierPlan {
  const known = plans.get(n);
  if (known) return known;
  const factors = factorsOf(n);
  const plan = factors ? mixed(n, factors) : bluestein(n);
  const size = (factors ? 6 : 36) * n;
  if (held + size > MOST_HELD) {
    plans.clear();
    held = 0;
  }
  if (size <= MOST_HELD) {
    plans.set(n, plan);
    held += size;
  }
  return plan;
}

/** One stage over all of a signal. */
type Stage = (from: Complex, to: Complex, twiddles: Complex) => void;

function mixed(n: number, factors: readonly number[]): FourierPlan {
  const [work, other, twiddles] = [complex(n), complex(n), twiddlesOf(n)];
  const stages: Stage[] = [];
  let stride = 1;
  for (const factor of factors) {
    const s = stride;
    const own = OWN[factor];
    if (own) stages.push((x, y, t) => own(x, y, t, n, s));
    else {
      const sums = complex(factor);
      stages.push((x, y, t) => odd(x, y, t, n, s, factor, sums));
    }
    stride *= factor;
  }
  return {
    n,
    work,
    twiddles,
    run(x) {
      let [from, to] = [x, other];
      for (const stage of stages) {
        stage(from, to, twiddles);
        [from, to] = [to, from];
      }
      return from;
    },
  };
}

function four(
  { re: xr, im: xi }: Complex,
  { re: yr, im: yi }: Complex,
  { re: tr, im: ti }: Complex,
  n: number,
  s: number,
): void {
  const quarter = n >> 2;
  for (let p = 0, to = 0; p < quarter; p += s, to += 3 * s) {
    const ar = tr[p]!;
    const ai = ti[p]!;
    const br = tr[2 * p]!;
    const bi = ti[2 * p]!;
    const cr = tr[3 * p]!;
    const ci = ti[3 * p]!;
    for (let i = p; i < p + s; i++, to++) {
      const i1 = i + quarter;
      const i2 = i + 2 * quarter;
      const i3 = i + 3 * quarter;
      const x0r = xr[i]!;
      const x0i = xi[i]!;
      const x2r = xr[i2]!;
      const x2i = xi[i2]!;
      const x1r = xr[i1]!;
      const x1i = xi[i1]!;
      const x3r = xr[i3]!;
      const x3i = xi[i3]!;
      const sr = x0r + x2r;
      const si = x0i + x2i;
      const dr = x0r - x2r;
      const di = x0i - x2i;
      const ur = x1r + x3r;
      const ui = x1i + x3i;
      const vr = x1r - x3r;
      const vi = x1i - x3i;
      yr[to] = sr + ur;
      yi[to] = si + ui;
      const er = dr + vi;
      const ei = di - vr;
      yr[to + s] = er * ar - ei * ai;
      yi[to + s] = er * ai + ei * ar;
      const fr = sr - ur;
      const fi = si - ui;
      yr[to + 2 * s] = fr * br - fi * bi;
      yi[to + 2 * s] = fr * bi + fi * br;
      const gr = dr - vi;
      const gi = di + vr;
      yr[to + 3 * s] = gr * cr - gi * ci;
      yi[to + 3 * s] = gr * ci + gi * cr;
    }
  }
}

function two(
  { re: xr, im: xi }: Complex,
  { re: yr, im: yi }: Complex,
  { re: tr, im: ti }: Complex,
  n: number,
  s: number,
): void {
  const half = n >> 1;
  for (let p = 0, to = 0; p < half; p += s, to += s) {
    const ar = tr[p]!;
    const ai = ti[p]!;
    for (let i = p; i < p + s; i++, to++) {
      const x0r = xr[i]!;
      const x0i = xi[i]!;
      const x1r = xr[i + half]!;
      const x1i = xi[i + half]!;
      yr[to] = x0r + x1r;
      yi[to] = x0i + x1i;
      const dr = x0r - x1r;
      const di = x0i - x1i;
      yr[to + s] = dr * ar - di * ai;
      yi[to + s] = dr * ai + di * ar;
    }
  }
}

function three(
  { re: xr, im: xi }: Complex,
  { re: yr, im: yi }: Complex,
  { re: tr, im: ti }: Complex,
  n: number,
  s: number,
): void {
  const part = n / 3;
  const sine = Math.sqrt(3) / 2;
  for (let p = 0, to = 0; p < part; p += s, to += 2 * s) {
    const ar = tr[p]!;
    const ai = ti[p]!;
    const br = tr[2 * p]!;
    const bi = ti[2 * p]!;
    for (let i = p; i < p + s; i++, to++) {
      const x1r = xr[i + part]!;
      const x1i = xi[i + part]!;
      const x2r = xr[i + 2 * part]!;
      const x2i = xi[i + 2 * part]!;
      const sr = x1r + x2r;
      const si = x1i + x2i;
      const er = xr[i]! - 0.5 * sr;
      const ei = xi[i]! - 0.5 * si;
      // -i times the sine and the difference.
      const or = sine * (x1i - x2i);
      const oi = sine * (x2r - x1r);
      yr[to] = xr[i]! + sr;
      yi[to] = xi[i]! + si;
      yr[to + s] = (er + or) * ar - (ei + oi) * ai;
      yi[to + s] = (er + or) * ai + (ei + oi) * ar;
      yr[to + 2 * s] = (er - or) * br - (ei - oi) * bi;
      yi[to + 2 * s] = (er - or) * bi + (ei - oi) * br;
    }
  }
}

function five(
  { re: xr, im: xi }: Complex,
  { re: yr, im: yi }: Complex,
  { re: tr, im: ti }: Complex,
  n: number,
  s: number,
): void {
  const part = n / 5;
  const root = Math.sqrt(5);
  // Cosines and sines of a fifth and of two fifths of a turn.
  const c1 = (root - 1) / 4;
  const c2 = (-root - 1) / 4;
  const s1 = Math.sqrt((5 + root) / 8);
  const s2 = Math.sqrt((5 - root) / 8);
  for (let p = 0, to = 0; p < part; p += s, to += 4 * s) {
    const ar = tr[p]!;
    const ai = ti[p]!;
    const br = tr[2 * p]!;
    const bi = ti[2 * p]!;
    const cr = tr[3 * p]!;
    const ci = ti[3 * p]!;
    const dr = tr[4 * p]!;
    const di = ti[4 * p]!;
    for (let i = p; i < p + s; i++, to++) {
      const x0r = xr[i]!;
      const x0i = xi[i]!;
      const x1r = xr[i + part]!;
      const x1i = xi[i + part]!;
      const x2r = xr[i + 2 * part]!;
      const x2i = xi[i + 2 * part]!;
      const x3r = xr[i + 3 * part]!;
      const x3i = xi[i + 3 * part]!;
      const x4r = xr[i + 4 * part]!;
      const x4i = xi[i + 4 * part]!;
      const ur = x1r + x4r;
      const ui = x1i + x4i;
      const vr = x2r + x3r;
      const vi = x2i + x3i;
      // -i times the differences.
      const wr = x1i - x4i;
      const wi = x4r - x1r;
      const zr = x2i - x3i;
      const zi = x3r - x2r;
      yr[to] = x0r + ur + vr;
      yi[to] = x0i + ui + vi;
      const er = x0r + c1 * ur + c2 * vr;
      const ei = x0i + c1 * ui + c2 * vi;
      const or = s1 * wr + s2 * zr;
      const oi = s1 * wi + s2 * zi;
      const fr = x0r + c2 * ur + c1 * vr;
      const fi = x0i + c2 * ui + c1 * vi;
      const qr = s2 * wr - s1 * zr;
      const qi = s2 * wi - s1 * zi;
      yr[to + s] = (er + or) * ar - (ei + oi) * ai;
      yi[to + s] = (er + or) * ai + (ei + oi) * ar;
      yr[to + 2 * s] = (fr + qr) * br - (fi + qi) * bi;
      yi[to + 2 * s] = (fr + qr) * bi + (fi + qi) * br;
      yr[to + 3 * s] = (fr - qr) * cr - (fi - qi) * ci;
      yi[to + 3 * s] = (fr - qr) * ci + (fi - qi) * cr;
      yr[to + 4 * s] = (er - or) * dr - (ei - oi) * di;
      yi[to + 4 * s] = (er - or) * di + (ei - oi) * dr;
    }
  }
}

/** Any odd factor: pairs of inputs with a common cosine and sine. */
function odd(
  { re: xr, im: xi }: Complex,
  { re: yr, im: yi }: Complex,
  { re: tr, im: ti }: Complex,
  n: number,
  s: number,
  factor: number,
  { re: sr, im: si }: Complex,
): void {
  const part = n / factor;
  const half = factor >> 1;
  for (let p = 0; p < part; p += s) {
    const start = p * factor;
    for (let q = 0; q < s; q++) {
      const first = p + q;
      const r0 = xr[first]!;
      const i0 = xi[first]!;
      let r = r0;
      let i = i0;
      // Sums of both ends in the lower half, differences in the upper one.
      for (let a = 1; a <= half; a++) {
        const u = first + a * part;
        const v = first + (factor - a) * part;
        sr[a] = xr[u]! + xr[v]!;
        si[a] = xi[u]! + xi[v]!;
        sr[factor - a] = xr[u]! - xr[v]!;
        si[factor - a] = xi[u]! - xi[v]!;
        r += sr[a]!;
        i += si[a]!;
      }
      let to = start + q;
      yr[to] = r;
      yi[to] = i;
      for (let k = 1; k <= half; k++) {
        let er = r0;
        let ei = i0;
        let or = 0;
        let oi = 0;
        let at = 0;
        for (let a = 1; a <= half; a++) {
          at += k * part;
          if (at >= n) at -= n;
          const c = tr[at]!;
          const d = ti[at]!;
          er += sr[a]! * c;
          ei += si[a]! * c;
          or -= si[factor - a]! * d;
          oi += sr[factor - a]! * d;
        }
        const one = k * p;
        const two = (factor - k) * p;
        to = start + q + k * s;
        const ar = er + or;
        const ai = ei + oi;
        yr[to] = ar * tr[one]! - ai * ti[one]!;
        yi[to] = ar * ti[one]! + ai * tr[one]!;
        to = start + q + (factor - k) * s;
        const br = er - or;
        const bi = ei - oi;
        yr[to] = br * tr[two]! - bi * ti[two]!;
        yi[to] = br * ti[two]! + bi * tr[two]!;
      }
    }
  }
}

/** Factors with a stage of their own. */
const OWN: {
  readonly [factor: number]: (
    from: Complex,
    to: Complex,
    twiddles: Complex,
    n: number,
    stride: number,
  ) => void;
} = { 2: two, 3: three, 4: four, 5: five };

/** The least length from `n` on that has small factors. */
function smooth(n: number): number {
  let best = Infinity;
  for (const odd of [1, 3, 5, 9, 15]) {
    let length = odd;
    while (length < n) length *= 2;
    best = Math.min(best, length);
  }
  return best;
}

/** A transform as a convolution with a chirp. */
function bluestein(n: number): FourierPlan {
  const length = smooth(2 * n - 1);
  const plan = mixed(length, factorsOf(length)!);
  const chirp = complex(n);
  const twiddles = twiddlesOf(2 * n);
  const kernel = complex(length);
  // j² modulo 2n, by its differences, which are exact.
  for (let j = 0, at = 0; j < n; at = (at + 2 * j + 1) % (2 * n), j++) {
    const c = twiddles.re[at]!;
    const d = twiddles.im[at]!;
    chirp.re[j] = c;
    chirp.im[j] = d;
    for (const to of [j, (length - j) % length]) {
      kernel.re[to] = c / length;
      kernel.im[to] = -d / length;
    }
  }
  const found = plan.run(kernel);
  const kr = found.re.slice();
  const ki = found.im.slice();
  const { re: cr, im: ci } = chirp;
  const work = complex(n);
  return {
    n,
    work,
    twiddles: twiddlesOf(n),
    run({ re, im }) {
      const { re: wr, im: wi } = plan.work;
      wr.fill(0, n);
      wi.fill(0, n);
      for (let j = 0; j < n; j++) {
        wr[j] = re[j]! * cr[j]! - im[j]! * ci[j]!;
        wi[j] = re[j]! * ci[j]! + im[j]! * cr[j]!;
      }
      const { re: fr, im: fi } = plan.run(plan.work);
      // With both parts exchanged a transform is an inverse one.
      for (let j = 0; j < length; j++) {
        const r = fr[j]!;
        const i = fi[j]!;
        wi[j] = r * kr[j]! - i * ki[j]!;
        wr[j] = r * ki[j]! + i * kr[j]!;
      }
      const { re: br, im: bi } = plan.run(plan.work);
      for (let j = 0; j < n; j++) {
        const r = bi[j]!;
        const i = br[j]!;
        re[j] = r * cr[j]! - i * ci[j]!;
        im[j] = r * ci[j]! + i * cr[j]!;
      }
      return { re, im };
    },
  };
}

/**
 * Transforms pairs that lie behind one another; with `inverse` by the other
 * sign. Nothing is divided.
 */
export function transformPairs(
  out: Numbers,
  from: Numbers,
  start: number,
  plan: FourierPlan,
  inverse: boolean,
): void {
  const { n, run, work: { re, im } } = plan;
  // With both parts exchanged a transform is an inverse one.
  const [to, other] = inverse ? [im, re] : [re, im];
  for (let j = 0, at = start; j < n; j++, at += 2) {
    to[j] = from[at]!;
    other[j] = from[at + 1]!;
  }
  const found = run(plan.work);
  const [fr, fi] = inverse ? [found.im, found.re] : [found.re, found.im];
  for (let j = 0, at = start; j < n; j++, at += 2) {
    out[at] = fr[j]!;
    out[at + 1] = fi[j]!;
  }
}

/** An array of numbers of any precision. */
export interface Numbers {
  [index: number]: number;
}

/** The plan of half the length of real numbers, and what joins both halves. */
export interface RealPlan {
  readonly half: FourierPlan;
  readonly twiddles: Complex;
}

let lastReal: { readonly n: number; readonly plan: RealPlan } | null = null;

/** The plan of real numbers of an even length. */
export function realPlan(n: number): RealPlan {
  if (lastReal?.n !== n) {
    lastReal = {
      n,
      plan: { half: fourierPlan(n / 2), twiddles: twiddlesOf(n) },
    };
  }
  return lastReal.plan;
}

/**
 * The first half of the transform of n real numbers, `n / 2 + 1` pairs, those
 * between the first and the last times a weight.
 */
export function transformReals(
  out: Numbers,
  from: Numbers,
  start: number,
  { half, twiddles: { re: tr, im: ti } }: RealPlan,
  weight: number,
): void {
  const { n: m, run, work: { re, im } } = half;
  for (let j = 0, at = start; j < m; j++, at += 2) {
    re[j] = from[at]!;
    im[j] = from[at + 1]!;
  }
  const { re: zr, im: zi } = run(half.work);
  const last = start + 2 * m;
  out[start] = zr[0]! + zi[0]!;
  out[start + 1] = 0;
  out[last] = zr[0]! - zi[0]!;
  out[last + 1] = 0;
  const scale = weight / 2;
  for (let k = 1; k <= m - k; k++) {
    const ar = zr[k]!;
    const ai = zi[k]!;
    const br = zr[m - k]!;
    const bi = -zi[m - k]!;
    const er = ar + br;
    const ei = ai + bi;
    // -i times the difference, times the twiddle factor.
    const dr = ai - bi;
    const di = br - ar;
    const or = dr * tr[k]! - di * ti[k]!;
    const oi = dr * ti[k]! + di * tr[k]!;
    const [low, high] = [start + 2 * k, last - 2 * k];
    out[high] = scale * (er - or);
    out[high + 1] = scale * (oi - ei);
    out[low] = scale * (er + or);
    out[low + 1] = scale * (ei + oi);
  }
}

/**
 * The n real numbers of which `n / 2 + 1` pairs are half of the transform,
 * times n; with those between the first and the last times a weight.
 */
export function realsOf(
  out: Numbers,
  from: Numbers,
  start: number,
  { half, twiddles: { re: tr, im: ti } }: RealPlan,
  weight: number,
): void {
  const { n: m, run, work: { re, im } } = half;
  const last = start + 2 * m;
  // Both parts are exchanged, so that the transform is an inverse one.
  im[0] = from[start]! + from[last]!;
  re[0] = from[start]! - from[last]!;
  for (let k = 1; k <= m - k; k++) {
    const [low, high] = [start + 2 * k, last - 2 * k];
    const ar = weight * from[low]!;
    const ai = weight * from[low + 1]!;
    const br = weight * from[high]!;
    const bi = -weight * from[high + 1]!;
    const er = ar + br;
    const ei = ai + bi;
    const dr = ar - br;
    const di = ai - bi;
    // i times the difference, times the conjugate twiddle factor.
    const or = -(di * tr[k]! - dr * ti[k]!);
    const oi = dr * tr[k]! + di * ti[k]!;
    im[k] = er + or;
    re[k] = ei + oi;
    im[m - k] = er - or;
    re[m - k] = oi - ei;
  }
  const { re: zi, im: zr } = run(half.work);
  for (let j = 0, at = start; j < m; j++, at += 2) {
    out[at] = zr[j]!;
    out[at + 1] = zi[j]!;
  }
  out[last] = 0;
  out[last + 1] = 0;
}
