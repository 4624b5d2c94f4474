/**
 * Logs a training by the JavaScript clients of Weights & Biases and MLflow, as
 * `docs/training.md` shows it, to a server on loopback, and looks at what
 * arrives there. The last line is `N passed, N failed`.
 *
 * `deno task test:clients`
 *
 * @module
 */
import { join } from "node:path";
import { nn, optim, tensor, train } from "@tenfold/tenfold";
import { output } from "./browsers/run.ts";

/** What is installed into a folder of its own. */
const CLIENTS = ["@wandb/sdk@0.5.1", "mlflow@2.0.7"];

const GUIDE = new URL("../docs/training.md", import.meta.url);

/** The callback of the guide for any client. */
type LogTo = (
  log: (figures: Record<string, number>, step: number) => unknown,
) => train.Callback;

/** A request that the server got. */
interface Heard {
  readonly path: string;
  readonly body: string;
}

/** Programs for Node as in the guide, and what their servers hear of it. */
const SERVICES = [
  {
    name: "Weights & Biases",
    program: `import { wandb } from "@wandb/sdk";
const [, , baseUrl, told] = process.argv;
const settings = { apiKey: "0".repeat(40), baseUrl, silent: true };
const run = await wandb.init({ project: "p", settings });
for (const [figures, step] of JSON.parse(told)) run.log(figures, step);
await run.finish();`,
    arrived: (heard: readonly Heard[]) =>
      heard.filter(({ path }) => path.endsWith("/file_stream")).flatMap(
        ({ body }) =>
          JSON.parse(body).files?.["wandb-history.jsonl"].content ?? [],
      ).map((line: string) => JSON.parse(line)).map((line) => ({
        step: line._step,
        loss: line.loss,
        validation: line["validation loss"],
      })),
  },
  {
    name: "MLflow",
    program: `import MLflow from "mlflow";
const [, , endpoint, told] = process.argv;
const { Runs } = new MLflow({ endpoint });
for (const [figures, step] of JSON.parse(told)) {
  await Runs.logBatch({
    run_id: "1",
    metrics: Object.entries(figures).map(([key, value]) => ({
      key,
      value,
      step,
      timestamp: Date.now(),
    })),
  });
}`,
    arrived: (heard: readonly Heard[]) =>
      heard.filter(({ path }) => path === "/api/2.0/mlflow/runs/log-batch")
        .map(({ body }) => JSON.parse(body).metrics).map((metrics) => ({
          step: metrics[0].step,
          loss: metrics[0].value,
          validation: metrics[1].value,
        })),
  },
];

/** As the server of W&B answers when a run begins. */
const ANSWER = {
  data: {
    viewer: { id: "1", entity: "e", flags: "{}", teams: { edges: [] } },
    upsertBucket: {
      bucket: {
        id: "x",
        name: "r",
        displayName: "r",
        project: { name: "p", entity: { name: "e" } },
      },
      inserted: true,
    },
  },
};

const folder = await Deno.makeTempDir({ prefix: "tenfold-clients-" });
const heard: Heard[] = [];
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async (request) => {
    const { pathname: path } = new URL(request.url);
    heard.push({ path, body: await request.text() });
    return Response.json(ANSWER);
  },
);
const address = `http://127.0.0.1:${server.addr.port}`;
let [passed, failed] = [0, 0];
/** What the last training must have logged. */
let wanted: unknown[] = [];
try {
  await Deno.writeTextFile(join(folder, "package.json"), "{}");
  await output(folder, [
    ..."npm install --no-audit --no-fund --loglevel=error".split(" "),
    ...CLIENTS,
  ]);
  const told = await learn();
  for (const { name, program, arrived } of SERVICES) {
    try {
      heard.length = 0;
      await Deno.writeTextFile(join(folder, "log.mjs"), program);
      await output(folder, ["node", "log.mjs", address, JSON.stringify(told)]);
      const [is, should] = [arrived(heard), wanted].map((x) =>
        JSON.stringify(x)
      );
      if (is !== should) throw new Error(`${is}, not ${should}`);
      console.log(`ok      ${name}: ${is}`);
      passed++;
    } catch (error) {
      console.log(`FAILED  ${name}: ${(error as Error).message}`);
      failed++;
    }
  }
} finally {
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

/** The function `logTo` of the guide. */
async function guideCallback(): Promise<LogTo> {
  const text = await Deno.readTextFile(GUIDE);
  const [code] = /function logTo\([^]*?\n\}\n/.exec(text)!;
  const script = `${code.replaceAll("train.Callback", "unknown")}
export { logTo };`;
  const url = `data:application/typescript,${encodeURIComponent(script)}`;
  return (await import(url)).logTo;
}

/** What the guide's callback tells of two epochs of two steps. */
async function learn(): Promise<unknown[]> {
  const logTo = await guideCallback();
  const model = new nn.Linear(1, 1);
  const batch = [tensor([[1]]), tensor([[2]])] as const;
  const told: unknown[] = [];
  const history = await train.fit(model, {
    loss: nn.functional.mseLoss,
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    train: [batch, batch],
    validation: [batch],
    epochs: 2,
    callbacks: [logTo((figures, step) => told.push([figures, step]))],
    progress: false,
  });
  wanted = history.epochs.map(({ step, train, validation }) => ({
    step,
    loss: train["loss"]!,
    validation: validation!["loss"]!,
  }));
  return told;
}
