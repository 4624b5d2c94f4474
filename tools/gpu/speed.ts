/**
 * Times the works of `works.ts` on webgpu; prints a line of JSON for each.
 *
 * @module
 */
import {
  grad,
  manualSeed,
  nn,
  optim,
  randn,
  setBackend,
  type Tensor,
  tidy,
  zeros,
} from "@tenfold/tenfold";
import { type Work, worksOf } from "./works.ts";

/** How long the longer queue runs. */
const QUEUE_MS = 150;

await setBackend("webgpu");
manualSeed(0);

/** A run, and a tensor that waits for it when it is read. */
type Run = () => Tensor | Promise<Tensor>;

function step(model: nn.Sequential, x: Tensor, y: Tensor): Run {
  const optimizer = new optim.Adam(model.parameters());
  return () => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
}

function open({ kind, sizes }: Work): Run {
  const [n = 0, dim = 0, batch = 0] = sizes;
  const along = dim < 0 ? undefined : dim;
  const squared = () => randn([n, n]);
  switch (kind) {
    case "matmul": {
      const [a, b] = [squared(), squared()];
      return () => a.matmul(b);
    }
    case "add": {
      const [a, b] = [randn([n]), randn([n])];
      return () => a.add(b);
    }
    case "gelu": {
      const x = randn([n]);
      return () => nn.functional.gelu(x);
    }
    case "temporaries": {
      const x = randn([n]);
      return () => x.add(x).mul(2);
    }
    case "sum": {
      const x = squared();
      return () => x.sum(along);
    }
    case "softmax": {
      const x = squared();
      return () => x.softmax(dim);
    }
    case "variance": {
      const x = squared();
      return () => x.variance(dim);
    }
    case "layerNorm": {
      const x = squared();
      return () => nn.functional.layerNorm(x, { normalizedShape: [n] });
    }
    case "cumsum": {
      const x = squared();
      return () => x.cumsum(dim);
    }
    case "transpose": {
      const x = squared();
      return () => x.t().add(0);
    }
    case "conv":
    case "convBackward": {
      const x = randn([n, dim, batch, batch]);
      const w = randn([dim, dim, 3, 3]);
      const run = () => nn.functional.conv2d(x, w, null, { padding: 1 });
      if (kind === "conv") return run;
      const inputs = [x.requiresGrad_(), w.requiresGrad_()];
      return () => grad(run().sum(), inputs)[1]!;
    }
    case "mlp": {
      const model = new nn.Sequential(
        new nn.Linear(n, dim),
        new nn.ReLU(),
        new nn.Linear(dim, dim),
        new nn.ReLU(),
        new nn.Linear(dim, 10),
      );
      return step(model, randn([batch, n]), zeros([batch], { dtype: "int32" }));
    }
    case "cnn": {
      const model = new nn.Sequential(
        new nn.Conv2d(1, 16, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(16, 32, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(32 * 49, 10),
      );
      return step(
        model,
        randn([n, 1, 28, 28]),
        zeros([n], { dtype: "int32" }),
      );
    }
  }
}

/** Milliseconds of a queue of runs whose last result is waited for. */
async function queue(run: Run, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 1; i < count; i++) tidy(() => void run());
  await tidy(async () => {
    const last = await run();
    await last.detach().flatten().slice(0, 0, 1).data();
  });
  return performance.now() - start;
}

const software = Deno.args.includes("--small");
for (const work of worksOf(software)) {
  try {
    await tidy(async () => {
      const run = open(work);
      for (let i = 0; i < 3; i++) await queue(run, 1);
      const once = await queue(run, 4) / 4;
      const count = Math.min(Math.max(Math.ceil(QUEUE_MS / once), 3), 500);
      let ms = Infinity;
      for (let i = 0; i < 3; i++) {
        const [short, long] = [await queue(run, 1), await queue(run, count)];
        ms = Math.min(ms, Math.max(long - short, 0) / (count - 1));
      }
      console.log(JSON.stringify({ name: work.name, ms }));
    });
  } catch (error) {
    console.log(JSON.stringify({ name: work.name, error: String(error) }));
  }
}
Deno.exit(0);
