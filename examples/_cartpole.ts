/**
 * A pole on a cart that is pushed to the left or to the right (Barto, Sutton and
 * Anderson, 1983).
 *
 * @module
 */

/** Place and speed of the cart, angle of the pole and its speed. */
export type State = readonly [x: number, v: number, a: number, w: number];

/** A state near the middle; `chance` gives numbers from 0 to 1. */
export function begin(chance: () => number): State {
  const near = () => chance() / 10 - 0.05;
  return [near(), near(), near(), near()];
}

/** A fiftieth of a second of force to the left (0) or to the right (1). */
export function push([x, v, a, w]: State, action: number): State {
  const [sin, cos] = [Math.sin(a), Math.cos(a)];
  const force = ((action ? 10 : -10) + 0.05 * w * w * sin) / 1.1;
  const turn = (9.8 * sin - cos * force) /
    (0.5 * (4 / 3 - 0.1 * cos * cos / 1.1));
  const speed = force - 0.05 * turn * cos / 1.1;
  const dt = 0.02;
  return [x + dt * v, v + dt * speed, a + dt * w, w + dt * turn];
}

/** Whether the cart has left its track, or the pole leans by 12 degrees. */
export function falls([x, , a]: State): boolean {
  return Math.abs(x) > 2.4 || Math.abs(a) > Math.PI / 15;
}

/** The cart and its pole as two lines of text. */
export function drawCart([x, , a]: State): string {
  const at = Math.round(20 + 8 * x);
  const pole = a < -0.02 ? "\\" : a > 0.02 ? "/" : "|";
  return `${" ".repeat(at)}${pole}\n${" ".repeat(at - 1)}[ ]`;
}
