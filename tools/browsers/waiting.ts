/**
 * Checks, and waiting until they hold.
 *
 * @module
 */
import { type Page, PATIENCE } from "./playwright.ts";

/** Says what is not as it should be. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Waits for an expression; a page's policy may let no other code in. */
export async function until(
  page: Page,
  expression: string,
  patience = PATIENCE,
): Promise<void> {
  const late = Date.now() + patience;
  const holds = () =>
    page.evaluate<boolean>(expression).catch((error: Error) => {
      // It was asked while another page was loaded.
      if (error.message.includes("context was destroyed")) return false;
      throw error;
    });
  while (!await holds()) {
    if (Date.now() > late) throw new Error(`Waited in vain for ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
