/**
 * One training run: its curves and pictures as they arrive.
 *
 * @module
 */
import type { EpochEvent, Settings } from "./nets.ts";
import { sideOf } from "./nets.ts";
import { drawCurves, drawSurface, drawTiles } from "./pictures.ts";

/** Draws what one training tells. */
export class RunView {
  readonly element: HTMLElement = document.createElement("div");
  readonly #settings: Settings;
  readonly #title = document.createElement("h2");
  readonly #curves: HTMLCanvasElement;
  readonly #weights: HTMLCanvasElement;
  readonly #surface: HTMLCanvasElement | null;
  readonly #events: EpochEvent[] = [];
  #points: EpochEvent["points"] = null;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.element.className = "run";
    this.#title.textContent = settings.backend;
    const charts = document.createElement("div");
    charts.className = "charts";
    this.element.append(this.#title, charts);
    const figure = (text: string, width: number, height: number) => {
      const figure = document.createElement("figure");
      const canvas = document.createElement("canvas");
      const caption = document.createElement("figcaption");
      [canvas.width, canvas.height] = [width, height];
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", text);
      caption.textContent = text;
      figure.append(canvas, caption);
      charts.append(figure);
      return canvas;
    };
    this.#curves = figure("Loss and accuracy by epoch", 320, 200);
    this.#surface = sideOf(settings.task) === 0
      ? figure("Decision surface", 288, 288)
      : null;
    this.#weights = figure("Weights of the first layer", 64, 32);
  }

  /** The last figures, in words. */
  get figures(): string {
    const last = this.#events.at(-1);
    if (last === undefined) return `${this.#settings.backend}: no epoch yet`;
    const { epoch, loss, accuracy, seconds } = last;
    return `${this.#settings.backend}: epoch ${epoch} of ${this.#settings.epochs}, loss ${
      loss.toFixed(3)
    }, accuracy ${accuracy.toFixed(3)}, ${seconds.toFixed(1)} s`;
  }

  show(event: EpochEvent): void {
    this.#events.push(event);
    this.#points ??= event.points;
    const { task, hidden, epochs } = this.#settings;
    this.#title.textContent = this.figures;
    drawCurves(this.#curves, this.#events, epochs);
    const side = sideOf(task);
    drawTiles(
      this.#weights,
      event.weights,
      hidden,
      side > 0 ? [side, side] : [1, 2],
    );
    if (this.#surface && event.surface && this.#points) {
      drawSurface(this.#surface, event.surface, this.#points);
    }
  }
}
