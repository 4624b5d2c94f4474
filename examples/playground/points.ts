/**
 * Points of two classes in the plane.
 *
 * @module
 */
import type { PointSet } from "./nets.ts";

/** Makes `count` points, the classes in turns. */
export function makePoints(
  set: PointSet,
  count: number,
): { at: number[][]; of: number[] } {
  const at: number[][] = [];
  const of: number[] = [];
  for (let i = 0; i < count; i++) {
    const part = (i >> 1) / (count / 2 - 1);
    of.push(i % 2);
    const [x, y] = PLACES[set](part, i % 2);
    // The same small scatter each time.
    at.push([
      x + 0.06 * Math.sin(i * 12.9898),
      y + 0.06 * Math.sin(i * 78.233),
    ]);
  }
  return { at, of };
}

const PLACES: Record<PointSet, (part: number, of: number) => [number, number]> =
  {
    moons(part, of) {
      const angle = Math.PI * part;
      return of === 0
        ? [Math.cos(angle) - 0.5, Math.sin(angle) - 0.25]
        : [0.5 - Math.cos(angle), 0.25 - Math.sin(angle)];
    },
    circles(part, of) {
      const angle = 2 * Math.PI * part;
      const radius = of === 0 ? 0.4 : 1.1;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    },
    spiral(part, of) {
      const angle = 3 * Math.PI * part + Math.PI * of;
      const radius = 0.15 + 1.1 * part;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    },
  };
