/**
 * Uses the playground as people do: by keyboard and pointer, on a wide and a
 * narrow screen.
 *
 * @module
 */
import { join } from "node:path";
import { digitFiles } from "./digit_files.ts";
import type { Browser, Page } from "./playwright.ts";
import { ISOLATED, policy, serve } from "./serve.ts";
import { check, until } from "./waiting.ts";

/** A seven and a one, by points on the drawing area from 0 to 1. */
const SEVEN = [[0.25, 0.2], [0.75, 0.2], [0.45, 0.85]] as const;
const ONE = [[0.5, 0.12], [0.5, 0.88]] as const;

/**
 * @param built The folder of the built page.
 * @param pictures Where screenshots go, if anywhere.
 * @returns What it saw.
 */
export async function tryPlayground(
  browser: Browser,
  built: string,
  pictures: string | null,
): Promise<string> {
  await using server = serve(built, { ...ISOLATED, ...policy(true) });
  const seen: string[] = [];
  for (const width of [1280, 390]) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const errors: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(server.url);
    seen.push(
      width === 1280 ? await learnAndRead(page) : await learnPoints(page),
    );
    const wide: number = await page.evaluate(
      "document.documentElement.scrollWidth",
    );
    check(wide <= width, `the page is ${wide} wide on ${width} pixels`);
    check(errors.length === 0, errors.join("\n"));
    if (pictures !== null) {
      const path = join(pictures, `playground-${width}.png`);
      await page.screenshot({ path, fullPage: true });
    }
    await page.close();
  }
  return seen.join("; ");
}

const status = (page: Page): Promise<string> =>
  page.locator("#status").innerText();

/** Waits until training has come to its end. */
async function trained(page: Page): Promise<string> {
  await until(
    page,
    "document.querySelector('#stop').disabled && !document.querySelector('#status').textContent.startsWith('Training')",
  );
  const text = await status(page);
  check(text.startsWith("Trained."), text);
  return text;
}

/** Reaches the controls by the tab key alone, trains, draws and reads. */
async function learnAndRead(page: Page): Promise<string> {
  const focused = (): Promise<string> =>
    page.evaluate(
      "document.activeElement.id || document.activeElement.name || ''",
    );
  const reached: string[] = [];
  for (let i = 0; i < 16 && reached.at(-1) !== "clear"; i++) {
    await page.keyboard.press("Tab");
    reached.push(await focused());
  }
  for (
    const id of ["task", "backend", "rate", "epochs", "train", "load", "pad"]
  ) {
    check(reached.includes(id), `the tab key does not reach ${id}: ${reached}`);
  }
  await page.locator("input[name=epochs]").focus();
  await page.keyboard.press("Enter");
  const text = await trained(page);
  const accuracy = Number(/accuracy ([\d.]+)/.exec(text)?.[1]);
  check(accuracy > 0.97, `the accuracy is ${accuracy}`);
  await draw(page, SEVEN);
  await expectAnswer(page, "7");
  // The same by keys: a one, from the middle to the top and down again.
  await page.locator("#clear").click();
  await page.locator("#pad").focus();
  for (let i = 0; i < 11; i++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  for (let i = 0; i < 22; i++) await page.keyboard.press("ArrowDown");
  await expectAnswer(page, "1");
  // What was trained goes out and comes back.
  const saved = page.waitForEvent("download");
  await page.locator("#save").click();
  const file = await (await saved).path();
  await page.reload();
  await page.locator("#load").setInputFiles(file);
  await until(
    page,
    "document.querySelector('#status').textContent.startsWith('Loaded')",
  );
  await draw(page, ONE);
  await expectAnswer(page, "1");
  await page.locator("#clear").click();
  await draw(page, SEVEN);
  await expectAnswer(page, "7");
  await page.locator("input[name=epochs]").fill("1");
  await page.locator("#both").click();
  await trained(page);
  const titles: string = await page.evaluate(
    "[...document.querySelectorAll('.run h2')].map((h) => h.textContent).join('; ')",
  );
  const both = ["wasm-simd: epoch 1", "webgpu: epoch 1"];
  check(both.every((run) => titles.includes(run)), titles);
  return `${text}; side by side ${titles}`;
}

/** Hears that files are missing, chooses them, trains, draws and reads. */
async function learnFiles(page: Page): Promise<string> {
  await page.locator("select[name=task]").selectOption("mnist");
  await page.locator("#train").click();
  await until(
    page,
    "document.querySelector('#status').textContent.startsWith('Cannot train on MNIST')",
  );
  await page.locator("input[name=mnist]").setInputFiles(digitFiles(240));
  await page.locator("input[name=epochs]").fill("8");
  await page.locator("#train").click();
  const text = await trained(page);
  for (const [digit, strokes] of [["7", SEVEN], ["1", ONE]] as const) {
    await page.locator("#clear").click();
    await draw(page, strokes);
    await expectAnswer(page, digit);
  }
  return text;
}

/** Trains on files and on points, and stops a long training. */
async function learnPoints(page: Page): Promise<string> {
  const files = await learnFiles(page);
  await page.locator("select[name=task]").selectOption("moons");
  await page.locator("input[name=epochs]").fill("1000");
  await page.locator("#train").click();
  await page.waitForSelector(".run canvas[aria-label='Decision surface']");
  await until(
    page,
    "/epoch \\d/.test(document.querySelector('.run h2').textContent)",
  );
  await page.locator("#stop").click();
  await until(
    page,
    "document.querySelector('#status').textContent.startsWith('Stopped.')",
  );
  await page.locator("input[name=epochs]").fill("40");
  await page.locator("#train").click();
  return `${files}; ${await trained(page)}`;
}

async function draw(
  page: Page,
  points: readonly (readonly [number, number])[],
): Promise<void> {
  const pad = page.locator("#pad");
  await pad.scrollIntoViewIfNeeded();
  const box = (await pad.boundingBox())!;
  const top = () =>
    page.evaluate("document.querySelector('#pad').getBoundingClientRect().top");
  const before = await top();
  for (const [i, [x, y]] of points.entries()) {
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height, {
      steps: 6,
    });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
  check(await top() === before, "the drawing area moves while one draws");
}

async function expectAnswer(page: Page, digit: string): Promise<void> {
  await until(
    page,
    `document.querySelector('#answer').textContent === ${
      JSON.stringify(digit)
    }`,
  ).catch(async () => {
    const read = await page.locator("#answer").innerText();
    throw new Error(`a ${digit} is read as ${read}`);
  });
}
