/**
 * Lines and points as a picture.
 *
 * @module
 */

/** What is drawn in one colour. */
export interface Series {
  readonly name: string;
  readonly xs: ArrayLike<number>;
  readonly ys: ArrayLike<number>;
  /** Whether it is drawn as points. @default {false} */
  readonly points?: boolean;
}

/** Of Okabe and Ito, told apart by all eyes. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555"];
/** Names stand to the right of what they name. */
const [WIDTH, HEIGHT, MARGIN, NAMES] = [720, 360, 48, 128];

/**
 * Draws series over one pair of axes.
 *
 * @param title What stands above them.
 * @param series The series.
 * @returns An SVG document.
 */
export function drawPlot(title: string, series: readonly Series[]): string {
  const [left, right] = bounds(series.map(({ xs }) => xs));
  const [low, high] = bounds(series.map(({ ys }) => ys));
  const x = (value: number) =>
    MARGIN + (value - left) / (right - left) * (WIDTH - MARGIN - NAMES);
  const y = (value: number) =>
    HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN);
  const text = (x: number, y: number, words: string, more = "") =>
    `<text x="${x}" y="${y}"${more}>${
      words.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)
    }</text>`;
  const parts = series.map(({ name, xs, ys, points }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const places = Array.from(
      xs,
      (value, k) => [x(value).toFixed(1), y(ys[k]!).toFixed(1)],
    );
    const drawn = points
      ? places.map(([cx, cy]) =>
        `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`
      ).join("")
      : `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${
        places.map((place) => place.join()).join(" ")
      }"/>`;
    const at = WIDTH - NAMES + 16;
    return drawn + text(at, MARGIN + 4 + 16 * i, name, ` fill="${colour}"`);
  });
  const ticks = [low, high].map((value) =>
    text(MARGIN - 6, y(value) + 4, short(value), ' text-anchor="end"')
  ).concat(
    [left, right].map((value) =>
      text(x(value), HEIGHT - 28, short(value), ' text-anchor="middle"')
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<path d="M${MARGIN} ${MARGIN}V${HEIGHT - MARGIN}H${
      WIDTH - NAMES
    }" fill="none" stroke="#999"/>`,
    text(MARGIN, 24, title, ' font-size="15"'),
    ...ticks,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

const short = (value: number) => `${Number(value.toPrecision(3))}`;

function bounds(lists: readonly ArrayLike<number>[]): [number, number] {
  const all = lists.flatMap((list) => Array.from(list));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low < high ? [low, high] : [low - 1, low + 1];
}
