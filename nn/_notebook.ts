/**
 * What a notebook shows of a module: its parts and their parameters.
 *
 * @module
 */
import type { AnyModule } from "./module.ts";

/** What stands for a module in a notebook. */
export function displayModule(module: AnyModule): Record<string, string> {
  const rows = module.namedModules().map(([name, part]) => {
    const children = new Set(
      part.namedChildren().flatMap(([, child]) => child.parameters()),
    );
    const own = part.parameters().filter((p) => !children.has(p));
    return [
      name || "(all)",
      `${part.constructor.name}(${part.describe()})`,
      own.map(({ shape }) => `[${shape.join(", ")}]`).join(" "),
      count(own),
    ];
  });
  const parameters = module.parameters();
  const trained = parameters.filter((p) => p.requiresGrad);
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${
      cells.map((cell, i) =>
        `<${tag} style="text-align:${i < 3 ? "left" : "right"}">${
          escapeHtml(cell)
        }</${tag}>`
      ).join("")
    }</tr>`;
  return {
    "text/plain": module.toString(),
    "text/html":
      `<table><thead>${
        line(["name", "module", "parameters of its own", "numbers"], "th")
      }</thead><tbody>${rows.map((row) => line(row, "td")).join("")}</tbody>` +
      `</table><div>${count(parameters)} numbers, ${
        count(trained)
      } of them learn</div>`,
  };
}

function count(tensors: readonly { readonly size: number }[]): string {
  return tensors.reduce((sum, { size }) => sum + size, 0)
    .toLocaleString("en-US");
}

/** Text as it stands in HTML. This file imports nothing that is loaded at first. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
