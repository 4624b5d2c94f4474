/**
 * What the browser runs under a policy that forbids code out of text and
 * WebAssembly: imports all of Tenfold, trains, and says on what.
 *
 * @module
 */
import {
  currentBackend,
  listBackends,
  manualSeed,
  nn,
  optim,
  tensor,
} from "@tenfold/tenfold";

/** What the page reports. */
export interface StrictReport {
  /** The backend that it was trained on. */
  readonly backend: string;
  /** Why there is no wasm-simd. */
  readonly reason: string | undefined;
  /** The first loss and the last. */
  readonly losses: readonly [number, number];
}

async function run(): Promise<StrictReport> {
  manualSeed(1);
  const x = tensor([[0], [1], [2], [3]]);
  const y = tensor([[1], [3], [5], [7]]);
  const model = new nn.Linear(1, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const losses: number[] = [];
  for (let step = 0; step < 200; step++) {
    optimizer.zeroGrad();
    const loss = nn.functional.mseLoss(model.forward(x), y);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  const { reason } = listBackends().find(({ name }) => name === "wasm-simd")!;
  return {
    backend: currentBackend().name,
    reason,
    losses: [losses[0]!, losses.at(-1)!],
  };
}

const report = await run().catch((error) => ({
  error: error instanceof Error ? error.stack ?? error.message : String(error),
}));
await fetch("/report", { method: "POST", body: JSON.stringify(report) });
