/**
 * What pages do: run programs, search, open the navigation.
 *
 * @module
 */
import MiniSearch from "minisearch";
import { SEARCH_OPTIONS } from "../search_options.ts";
import type { Word } from "./worker.ts";

const root = document.body.dataset.root ?? "";

for (const box of document.querySelectorAll<HTMLElement>(".program")) {
  prepare(box);
}
prepareMenu();
prepareSearch();

/** Puts buttons and a place for output below a program. */
function prepare(box: HTMLElement): void {
  const code = box.querySelector("code")!;
  code.contentEditable = "plaintext-only";
  code.spellcheck = false;
  code.setAttribute("role", "textbox");
  code.setAttribute("aria-multiline", "true");
  code.setAttribute("aria-label", "Program, can be changed");
  const run = element("button", "Run");
  const output = element("div", "");
  output.className = "output";
  output.setAttribute("aria-live", "polite");
  output.hidden = true;
  box.append(run, output);
  let worker: Worker | null = null;
  const end = () => {
    worker?.terminate();
    worker = null;
    run.textContent = "Run";
  };
  run.addEventListener("click", () => {
    if (worker) {
      end();
      return;
    }
    output.replaceChildren();
    output.hidden = false;
    run.textContent = "Stop";
    worker = new Worker(new URL("./worker.js", import.meta.url), {
      type: "module",
    });
    worker.onerror = ({ message }) => {
      write(output, { kind: "error", content: message || "the worker failed" });
      end();
    };
    worker.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.kind !== "done") return write(output, data);
      if (output.childElementCount === 0) {
        write(output, { kind: "text", content: "ran, and showed nothing" });
      }
      end();
    };
    worker.postMessage({ code: code.textContent });
  });
  code.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run.click();
    }
  });
}

function write(output: HTMLElement, word: Word): void {
  if (word.kind === "done") return;
  const line = element(word.kind === "html" ? "div" : "pre", "");
  line.className = word.kind;
  if (word.kind === "html") line.innerHTML = word.content;
  else line.textContent = word.content;
  output.append(line);
}

function prepareMenu(): void {
  const menu = document.getElementById("menu")!;
  menu.addEventListener("click", () => {
    const open = document.body.classList.toggle("open");
    menu.setAttribute("aria-expanded", String(open));
  });
}

/** The index is loaded when the field is entered. */
function prepareSearch(): void {
  const field = document.getElementById("search") as HTMLInputElement;
  const found = document.getElementById("found")!;
  let index: Promise<MiniSearch> | null = null;
  const load = () =>
    index ??= fetch(`${root}search.json`)
      .then((answer) => answer.text())
      .then((text) => MiniSearch.loadJSON(text, SEARCH_OPTIONS));
  field.addEventListener("focus", load);
  field.addEventListener("input", async () => {
    const results = (await load()).search(field.value).slice(0, 12);
    found.replaceChildren(...results.map(({ title, path, where }) => {
      const line = element("li", "");
      const link = element("a", title) as HTMLAnchorElement;
      link.href = root + path;
      link.append(element("small", where));
      line.append(link);
      return line;
    }));
    found.hidden = field.value === "";
    if (field.value !== "" && results.length === 0) {
      found.append(element("li", "nothing found"));
    }
  });
  field.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") found.querySelector("a")?.click();
    if (key === "Escape") found.hidden = true;
  });
  found.addEventListener("click", () => {
    found.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target !== document.body) return;
    event.preventDefault();
    field.focus();
  });
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
