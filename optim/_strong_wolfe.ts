/**
 * A line search for the strong Wolfe conditions: a step is bracketed, and the
 * bracket narrowed by cubic interpolation (Nocedal and Wright, 2006, algorithms
 * 3.5 and 3.6, with the safeguards and constants of PyTorch).
 *
 * @module
 */

/** A point on the line. */
export interface Point {
  /** The length of the step that leads to it. */
  readonly t: number;
  /** The loss. */
  readonly loss: number;
  /** The derivative of the loss along the direction. */
  readonly slope: number;
}

/** What a search takes. */
export interface Search<P extends Point> {
  /** The point of step 0. */
  readonly start: P;
  /** The first step to try. */
  readonly t: number;
  /** The point of a step. */
  evaluate(t: number): Promise<P>;
  /** Is told the points that are still of use. */
  keep(points: readonly P[]): void;
  /** The largest size of an element of the direction. */
  readonly size: number;
  /** Change of an element below which the search ends. */
  readonly tolerance: number;
}

/** Share of the slope that the loss must fall by. */
const DECREASE = 1e-4;
/** Share of the slope that may be left. */
const CURVATURE = 0.9;
/** The most evaluations after the first. */
const MOST = 25;

/** The point that was found, and how many were evaluated. */
export async function strongWolfe<P extends Point>(
  search: Search<P>,
): Promise<{ point: P; evaluations: number }> {
  const { start, evaluate, keep, size, tolerance } = search;
  const isHigh = ({ t, loss }: Point) =>
    loss > start.loss + DECREASE * t * start.slope;
  const isFlat = ({ slope }: Point) =>
    Math.abs(slope) <= -CURVATURE * start.slope;

  let before = start;
  let now = await evaluate(search.t);
  let tried = 0;
  let bracket: [P, P] | null = null;
  for (; tried < MOST; tried++) {
    if (isHigh(now) || (tried > 1 && now.loss >= before.loss)) {
      bracket = [before, now];
      break;
    }
    if (isFlat(now)) return { point: now, evaluations: tried + 1 };
    if (now.slope >= 0) {
      bracket = [before, now];
      break;
    }
    const bounds = [now.t + 0.01 * (now.t - before.t), now.t * 10] as const;
    const t = lowestOfCubic(before, now, bounds);
    before = now;
    now = await evaluate(t);
    keep([start, before, now]);
  }
  const ends = bracket ?? [start, now];
  let low = ends[0].loss <= ends[1].loss ? 0 : 1;
  let stalled = false;
  while (tried < MOST) {
    const [a, b] = ends;
    if (Math.abs(b.t - a.t) * size < tolerance) break;
    let t = lowestOfCubic(a, b, [Math.min(a.t, b.t), Math.max(a.t, b.t)]);
    [t, stalled] = awayFromEnds(t, a.t, b.t, stalled);
    const made = await evaluate(t);
    tried++;
    const high = 1 - low;
    if (isHigh(made) || made.loss >= ends[low]!.loss) {
      ends[high] = made;
      low = ends[0].loss <= ends[1].loss ? 0 : 1;
    } else {
      const done = isFlat(made);
      if (!done && made.slope * (ends[high]!.t - ends[low]!.t) >= 0) {
        ends[high] = ends[low]!;
      }
      ends[low] = made;
      if (done) break;
    }
    keep([start, ...ends]);
  }
  return { point: ends[low]!, evaluations: tried + 1 };
}

/** Where the cubic through two points with their slopes is lowest. */
function lowestOfCubic(
  a: Point,
  b: Point,
  [least, most]: readonly [number, number],
): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const mid = left.slope + right.slope -
    3 * (left.loss - right.loss) / (left.t - right.t);
  const square = mid ** 2 - left.slope * right.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const root = Math.sqrt(square);
  const share = (right.slope + root - mid) /
    (right.slope - left.slope + 2 * root);
  const t = right.t - (right.t - left.t) * share;
  return Math.min(Math.max(t, least), most);
}

/**
 * Moves a step that is within a tenth of an end of the bracket: the second time
 * in a row, or where it lies at the end.
 */
function awayFromEnds(
  t: number,
  a: number,
  b: number,
  stalled: boolean,
): [t: number, stalled: boolean] {
  const [least, most] = [Math.min(a, b), Math.max(a, b)];
  const tenth = 0.1 * (most - least);
  if (Math.min(most - t, t - least) >= tenth) return [t, false];
  if (!stalled && t < most && t > least) return [t, true];
  const nearMost = Math.abs(t - most) < Math.abs(t - least);
  return [nearMost ? most - tenth : least + tenth, false];
}
