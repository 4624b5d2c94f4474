/**
 * The page: settings in, pictures out.
 *
 * @module
 */
import { data, listBackends, type nn, train } from "@tenfold/tenfold";
import type { EpochEvent, Settings, Task } from "./nets.ts";
import { Pad } from "./pad.ts";
import { drawGrey, drawTiles } from "./pictures.ts";
import { Reader } from "./reader.ts";
import { RunView } from "./run_view.ts";

function find<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

const form = find<HTMLFormElement>("settings");
const runs = find("runs");
const stop = find<HTMLButtonElement>("stop");
const save = find<HTMLButtonElement>("save");
const starters = [
  find<HTMLButtonElement>("train"),
  find<HTMLButtonElement>("both"),
];

let reader: Reader | null = null;
let learned: nn.StateDict | null = null;
let running: AbortController | null = null;

/** How likely each digit is; they stay, so that nothing moves while one draws. */
const meters = Array.from({ length: 10 }, (_, digit) => {
  const item = document.createElement("li");
  const meter = document.createElement("meter");
  meter.setAttribute("aria-label", `${digit}`);
  item.append(`${digit}`, meter);
  find("scores").append(item);
  return meter;
});

const say = (text: string): void => {
  find("status").textContent = text;
};

function field(name: string): HTMLInputElement {
  return form.elements.namedItem(name) as HTMLInputElement;
}

function listChoices(): void {
  const select = field("backend") as unknown as HTMLSelectElement;
  const backends = listBackends();
  for (const { name, available, reason } of backends) {
    const option = new Option(name, name, name === "wasm-simd");
    option.disabled = !available;
    if (reason) option.title = reason;
    select.add(option);
  }
  const first = backends.find((b) => b.name === "wasm-simd" && b.available) ??
    backends.find((b) => b.available);
  if (first) select.value = first.name;
  const gpu = backends.find(({ name }) => name === "webgpu");
  starters[1]!.hidden = gpu?.available !== true;
  const threads = field("threads");
  const shares = globalThis.crossOriginIsolated === true;
  threads.disabled = !shares;
  const cores = navigator.hardwareConcurrency || 1;
  threads.value = String(shares ? Math.max(1, Math.min(4, cores >> 1)) : 1);
  find("notice").textContent = [
    ...backends.filter((b) => !b.available).map((b) =>
      `${b.name} is not available: ${b.reason}.`
    ),
    ...shares ? [] : ["One thread, as this page is not cross-origin isolated."],
  ].join(" ");
}

async function settings(backend: string): Promise<Settings> {
  const number = (name: string) => field(name).valueAsNumber;
  const task = field("task").value as Task;
  return {
    task,
    backend,
    threads: number("threads") || 1,
    rate: number("rate"),
    hidden: number("hidden"),
    epochs: number("epochs"),
    files: task === "mnist"
      ? await Promise.all(
        Array.from(
          field("mnist").files ?? [],
          async (file) => new Uint8Array(await file.arrayBuffer()),
        ),
      )
      : [],
  };
}

/** Trains on each backend at the same time, and takes what the first learned. */
async function start(backends: readonly string[]): Promise<void> {
  if (running) return;
  running = new AbortController();
  const { signal } = running;
  stop.disabled = false;
  for (const button of starters) button.disabled = true;
  runs.replaceChildren();
  try {
    const states = await Promise.all(
      backends.map(async (backend) => follow(await settings(backend), signal)),
    );
    learned = states[0]!;
    save.disabled = false;
    find("status").dataset["done"] = "true";
    useForReading(learned);
  } catch (error) {
    say((error as Error).message);
  } finally {
    running = null;
    stop.disabled = true;
    for (const button of starters) button.disabled = false;
  }
}

async function follow(
  settings: Settings,
  signal: AbortSignal,
): Promise<nn.StateDict> {
  const view = new RunView(settings);
  runs.append(view.element);
  say(`Training on ${settings.backend} …`);
  const job = train.inWorker<nn.StateDict, EpochEvent>(
    () =>
      new Worker(new URL("./job.ts", import.meta.url), {
        type: "module",
      }),
    settings,
    { signal },
  );
  for await (const event of job) view.show(event);
  say(`${signal.aborted ? "Stopped" : "Trained"}. ${view.figures}`);
  return await job.result;
}

/** Takes a net for reading, if it is one for digits. */
function useForReading(state: nn.StateDict): void {
  if (state["0.weight"]?.shape[1] === 2) return;
  const next = new Reader(state);
  reader?.dispose();
  reader = next;
  read();
}

function read(): void {
  const answer = find("answer");
  if (reader === null || pad.empty) {
    answer.textContent = "?";
    for (const meter of meters) meter.value = 0;
    return;
  }
  const used = reader;
  const image = used.side === 8 ? pad.image(8, 8) : pad.image(28, 20);
  drawGrey(find("seen"), image, used.side);
  used.read(image).then(({ digit, scores, hidden }) => {
    answer.textContent = String(digit);
    scores.forEach((score, digit) => {
      meters[digit]!.value = score;
    });
    drawTiles(find("activations"), hidden, hidden.length, [1, 1]);
  }).catch((error) => say(error.message));
}

async function download(): Promise<void> {
  const bytes = await data.encodeSafetensors(learned!, {
    metadata: { made: "Tenfold playground" },
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  link.download = "playground.safetensors";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function load(input: HTMLInputElement): Promise<void> {
  const [file] = input.files ?? [];
  if (!file) return;
  try {
    const state = await data.loadSafetensors(file);
    useForReading(state);
    learned = state;
    save.disabled = false;
    say(`Loaded ${file.name}: draw a digit.`);
  } catch (error) {
    say((error as Error).message);
  } finally {
    input.value = "";
  }
}

const pad = new Pad(find<HTMLCanvasElement>("pad"), read);
listChoices();
form.addEventListener("submit", (event) => {
  event.preventDefault();
  start([field("backend").value]);
});
starters[1]!.addEventListener("click", () => start(["wasm-simd", "webgpu"]));
stop.addEventListener("click", () => running?.abort());
save.addEventListener("click", () => {
  download().catch((error) => say(error.message));
});
find("load").addEventListener(
  "change",
  ({ target }) => load(target as HTMLInputElement),
);
find("clear").addEventListener("click", () => pad.clear());
field("task").addEventListener("change", () => {
  find("files").hidden = field("task").value !== "mnist";
});
