/**
 * The area to draw a digit on, by pointer or keyboard.
 *
 * @module
 */

/** Rows and columns of what is drawn. */
const SIDE = 56;
/** The pen's radius, in cells. */
const PEN = 2.4;
/** Cells that an arrow key moves the pen. */
const STRIDE = 2;

/** A drawing of `SIDE` × `SIDE` cells, from 0 to 1. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #changed: () => void;
  readonly #cells = new Float32Array(SIDE * SIDE);
  #pen: { x: number; y: number; down: boolean } | null = null;
  #last: { x: number; y: number } | null = null;

  /** @param changed Is called after each stroke of the pen. */
  constructor(canvas: HTMLCanvasElement, changed: () => void) {
    this.#canvas = canvas;
    this.#changed = changed;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#pen = null;
      this.#stroke(this.#at(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons === 0 || this.#last === null) return;
      this.#stroke(this.#at(event));
    });
    canvas.addEventListener("pointerup", () => {
      this.#last = null;
    });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => {
      this.#pen = null;
      this.#draw();
    });
    this.#draw();
  }

  clear(): void {
    this.#cells.fill(0);
    this.#last = null;
    this.#draw();
    this.#changed();
  }

  get empty(): boolean {
    return this.#cells.every((cell) => cell === 0);
  }

  /**
   * The drawing as an image of `side` × `side`: cut out, made as large as a box
   * of `box` × `box`, and put into the middle.
   */
  image(side: number, box: number): Float32Array {
    const image = new Float32Array(side * side);
    const used = [...this.#cells.keys()].filter((i) => this.#cells[i]! > 0.2);
    if (used.length === 0) return image;
    const [xs, ys] = [
      used.map((i) => i % SIDE),
      used.map((i) => Math.floor(i / SIDE)),
    ];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const [wide, tall] = [
      Math.max(...xs) - left + 1,
      Math.max(...ys) - top + 1,
    ];
    const scale = Math.max(wide, tall) / box;
    const [x0, y0] = [
      left + wide / 2 - scale * side / 2,
      top + tall / 2 - scale * side / 2,
    ];
    // The mean of some places in each pixel.
    const steps = Math.max(2, Math.ceil(2 * scale));
    for (let i = 0; i < image.length; i++) {
      let sum = 0;
      for (let k = 0; k < steps * steps; k++) {
        const x = x0 + scale * (i % side + (k % steps + 0.5) / steps);
        const y = y0 +
          scale *
            (Math.floor(i / side) + (Math.floor(k / steps) + 0.5) / steps);
        sum += this.#cell(Math.floor(x), Math.floor(y));
      }
      image[i] = sum / (steps * steps);
    }
    return image;
  }

  #cell(x: number, y: number): number {
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE
      ? 0
      : this.#cells[y * SIDE + x]!;
  }

  #at({ clientX, clientY }: PointerEvent): { x: number; y: number } {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return {
      x: SIDE * (clientX - left) / width,
      y: SIDE * (clientY - top) / height,
    };
  }

  #key(event: KeyboardEvent): void {
    const move = {
      ArrowLeft: [-STRIDE, 0],
      ArrowRight: [STRIDE, 0],
      ArrowUp: [0, -STRIDE],
      ArrowDown: [0, STRIDE],
    }[event.key];
    const pen = this.#pen ??= { x: SIDE / 2, y: SIDE / 2, down: false };
    if (move) {
      const inside = (n: number) => Math.max(0, Math.min(SIDE - 1, n));
      pen.x = inside(pen.x + move[0]!);
      pen.y = inside(pen.y + move[1]!);
      if (pen.down) this.#stroke(pen);
      else this.#draw();
    } else if (event.key === " ") {
      pen.down = !pen.down;
      this.#last = null;
      if (pen.down) this.#stroke(pen);
      else this.#draw();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
  }

  #stroke({ x, y }: { x: number; y: number }): void {
    const from = this.#last ?? { x, y };
    const steps = 1 + Math.ceil(Math.hypot(x - from.x, y - from.y));
    for (let step = 1; step <= steps; step++) {
      this.#dab(
        from.x + (x - from.x) * step / steps,
        from.y + (y - from.y) * step / steps,
      );
    }
    this.#last = { x, y };
    this.#draw();
    this.#changed();
  }

  #dab(x: number, y: number): void {
    const reach = Math.ceil(PEN);
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const [i, j] = [Math.floor(x) + dx, Math.floor(y) + dy];
        if (i < 0 || j < 0 || i >= SIDE || j >= SIDE) continue;
        const far = Math.hypot(i + 0.5 - x, j + 0.5 - y);
        const ink = Math.max(0, Math.min(1, PEN + 0.5 - far));
        const at = j * SIDE + i;
        this.#cells[at] = Math.max(this.#cells[at]!, ink);
      }
    }
  }

  #draw(): void {
    const context = this.#canvas.getContext("2d")!;
    const cell = this.#canvas.width / SIDE;
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#cells.forEach((ink, i) => {
      if (ink === 0) return;
      const grey = Math.round(255 * ink);
      context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      context.fillRect(
        (i % SIDE) * cell,
        Math.floor(i / SIDE) * cell,
        cell + 0.5,
        cell + 0.5,
      );
    });
    if (this.#pen === null) return;
    context.strokeStyle = this.#pen.down ? "#ff9d66" : "#7fa8ff";
    context.lineWidth = 2;
    context.beginPath();
    context.arc(
      this.#pen.x * cell,
      this.#pen.y * cell,
      PEN * cell,
      0,
      2 * Math.PI,
    );
    context.stroke();
  }
}
