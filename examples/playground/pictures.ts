/**
 * What the page draws: curves, images of weights, surfaces.
 *
 * @module
 */
import { type EpochEvent, GRID, SPAN } from "./nets.ts";

/** Colours that can be told apart on light and dark. */
const COLOURS = {
  line: "#8a929e",
  loss: "#c2571a",
  accuracy: "#2f6fe0",
} as const;

/** Draws loss and accuracy over the epochs, each on its own scale. */
export function drawCurves(
  canvas: HTMLCanvasElement,
  events: readonly EpochEvent[],
  epochs: number,
): void {
  const context = canvas.getContext("2d")!;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  const [left, top, right, bottom] = [8, 18, width - 8, height - 8];
  context.strokeStyle = COLOURS.line;
  context.strokeRect(left, top, right - left, bottom - top);
  const most = Math.max(...events.map(({ loss }) => loss), 1e-6);
  // Room for the dots within the frame.
  const inset = 5;
  const x = (i: number) =>
    left + inset +
    (right - left - 2 * inset) * (epochs > 1 ? i / (epochs - 1) : 0.5);
  const y = (part: number) =>
    bottom - inset - (bottom - top - 2 * inset) * part;
  const dot = epochs > 1 ? 3 : 6;
  const line = (
    name: "loss" | "accuracy",
    part: (event: EpochEvent) => number,
  ) => {
    context.strokeStyle = context.fillStyle = COLOURS[name];
    context.lineWidth = 2;
    context.beginPath();
    events.forEach((event, i) => {
      context.lineTo(x(i), y(part(event)));
      context.fillRect(x(i) - dot / 2, y(part(event)) - dot / 2, dot, dot);
    });
    context.stroke();
    context.lineWidth = 1;
  };
  line("loss", ({ loss }) => loss / most);
  line("accuracy", ({ accuracy }) => accuracy);
  const last = events.at(-1)!;
  context.fillStyle = COLOURS.loss;
  context.fillText(`loss ${last.loss.toFixed(3)}`, left, 12);
  context.fillStyle = COLOURS.accuracy;
  context.fillText(`accuracy ${last.accuracy.toFixed(3)}`, left + 90, 12);
}

/** Blue below zero, red above, black at zero. */
function signed(value: number, most: number): [number, number, number] {
  const part = Math.round(255 * Math.min(1, Math.abs(value) / (most || 1)));
  return value < 0
    ? [part >> 2, part >> 1, part]
    : [part, part >> 1, part >> 2];
}

/** Draws rows of values as pictures of `side` × `side`, beside one another. */
export function drawTiles(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  rows: number,
  side: readonly [number, number],
): void {
  const [tall, wide] = side;
  const columns = Math.max(1, Math.ceil(Math.sqrt(rows * 2)));
  canvas.width = columns * (wide + 1) + 1;
  canvas.height = Math.ceil(rows / columns) * (tall + 1) + 1;
  canvas.style.imageRendering = "pixelated";
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(canvas.width, canvas.height);
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    most = Math.max(most, Math.abs(values[i]!));
  }
  for (let row = 0; row < rows; row++) {
    const left = 1 + (row % columns) * (wide + 1);
    const top = 1 + Math.floor(row / columns) * (tall + 1);
    for (let i = 0; i < tall * wide; i++) {
      const at = (top + Math.floor(i / wide)) * canvas.width + left + i % wide;
      const [r, g, b] = signed(values[row * tall * wide + i]!, most);
      image.data.set([r, g, b, 255], 4 * at);
    }
  }
  context.putImageData(image, 0, 0);
}

/** Draws how likely each class is in the plane, and the points. */
export function drawSurface(
  canvas: HTMLCanvasElement,
  surface: ArrayLike<number>,
  points: NonNullable<EpochEvent["points"]>,
): void {
  const size = canvas.width = canvas.height = 288;
  const context = canvas.getContext("2d")!;
  const cell = size / GRID;
  for (let i = 0; i < GRID * GRID; i++) {
    const likely = surface[i]!;
    const warm = Math.round(255 * likely);
    context.fillStyle = `rgb(${150 + warm * 0.4} ${
      205 - Math.abs(warm - 128) * 0.4
    } ${252 - warm * 0.4})`;
    context.fillRect(
      (i % GRID) * cell,
      Math.floor(i / GRID) * cell,
      cell + 1,
      cell + 1,
    );
  }
  points.at.forEach(([x, y], i) => {
    context.beginPath();
    context.arc(
      size * (x! / SPAN + 1) / 2,
      size * (1 - y! / SPAN) / 2,
      3,
      0,
      2 * Math.PI,
    );
    context.fillStyle = points.of[i] === 1 ? "#b3261e" : "#0b57d0";
    context.fill();
    context.strokeStyle = "#fff";
    context.stroke();
  });
}

/** Draws one image in grey, as large as the canvas. */
export function drawGrey(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  side: number,
): void {
  const context = canvas.getContext("2d")!;
  const cell = canvas.width / side;
  for (let i = 0; i < side * side; i++) {
    const grey = Math.round(255 * values[i]!);
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fillRect(
      (i % side) * cell,
      Math.floor(i / side) * cell,
      cell + 1,
      cell + 1,
    );
  }
}
