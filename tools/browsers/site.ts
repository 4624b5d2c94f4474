/**
 * Uses the documentation as people do: searches, follows what was found, runs
 * programs, changes and stops them, on a wide and a narrow screen.
 *
 * @module
 */
import { join } from "node:path";
import type { Browser, Page } from "./playwright.ts";
import { ISOLATED, serve } from "./serve.ts";
import { check, until } from "./waiting.ts";

/**
 * @param built The folder of the built site.
 * @param pictures Where screenshots go.
 * @returns What it saw.
 */
export async function trySite(
  browser: Browser,
  built: string,
  pictures: string,
): Promise<string> {
  await using server = serve(built, ISOLATED);
  const seen: string[] = [];
  for (const width of [1280, 390]) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const errors: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(server.url);
    if (width === 390) await openMenu(page);
    seen.push(await search(page), await runPrograms(page, server.url));
    for (const name of ["training", "benchmarks", "api/nn"]) {
      await page.goto(`${server.url}${name}.html`);
      const wide: number = await page.evaluate(
        "document.documentElement.scrollWidth",
      );
      check(wide <= width, `${name} is ${wide} wide on ${width} pixels`);
    }
    await page.goto(`${server.url}benchmarks.html`);
    const path = join(pictures, `site-${width}.png`);
    await page.screenshot({ path, fullPage: false });
    check(errors.length === 0, errors.join("\n"));
    await page.close();
  }
  return seen.join("; ");
}

/** Opens the navigation of a narrow screen, and closes it. */
async function openMenu(page: Page): Promise<void> {
  const shown = () =>
    page.evaluate<boolean>("document.querySelector('nav').offsetHeight > 0");
  const states = [await shown()];
  for (let i = 0; i < 2; i++) {
    await page.locator("#menu").click();
    states.push(await shown());
  }
  check(`${states}` === "false,true,false", `the menu is shown: ${states}`);
}

/** Finds a function from the keyboard alone, and goes to it. */
async function search(page: Page): Promise<string> {
  await page.keyboard.press("/");
  await page.locator("#search").fill("nothingofthatname");
  await until(
    page,
    "document.querySelector('#found').textContent === 'nothing found'",
  );
  await page.locator("#search").fill("crossEntr");
  await until(page, "document.querySelectorAll('#found a').length > 0");
  const found: string = await page.evaluate(
    "document.querySelector('#found a').firstChild.textContent",
  );
  check(/crossEntropy/i.test(found), `crossEntr finds ${found}`);
  await page.keyboard.press("Enter");
  await until(page, "location.hash.length > 1");
  await until(
    page,
    "document.getElementById(decodeURIComponent(location.hash.slice(1))) !== null",
  );
  return `crossEntr leads to ${await page.evaluate(
    "location.pathname + location.hash",
  )}`;
}

/** Runs a program, then one that fails, then stops one that does not end. */
async function runPrograms(page: Page, url: string): Promise<string> {
  await page.goto(`${url}tensors.html`);
  const first = "document.querySelector('.program')";
  const output = `${first}.querySelector('.output')`;
  const button = page.locator(".program > button >> nth=0");
  const run = async (code?: string) => {
    if (code !== undefined) {
      await page.locator(".program code >> nth=0").fill(code);
    }
    await button.click();
  };
  const ended = () =>
    until(page, `${first}.querySelector('button').textContent === 'Run'`);
  await run();
  await ended();
  const shown: string = await page.evaluate(`${output}.innerText`);
  check(shown !== "", "a program shows nothing");
  const failed = () =>
    page.evaluate<string>(
      `${output}.querySelector('.error')?.textContent ?? ''`,
    );
  check(await failed() === "", await failed());
  await run(
    'import { zeros } from "@tenfold/tenfold";\nzeros([2]).add(zeros([3]));',
  );
  await ended();
  check(/\[2\].*\[3\]/.test(await failed()), `it fails: ${await failed()}`);
  await run("while (true);");
  await until(
    page,
    `${first}.querySelector('button').textContent === 'Stop'`,
  );
  await run();
  await ended();
  return `a program shows ${JSON.stringify(shown.slice(0, 40))}`;
}
