/**
 * The training that runs beside the frames.
 *
 * @module
 */
import { data, manualSeed, nn, optim, train } from "@tenfold/tenfold/browser";

/** Trains 64-256-256-10 on the digits until it is stopped. */
export async function learn(
  signal: AbortSignal,
  callbacks: train.Callback[],
): Promise<void> {
  manualSeed(0);
  const { data: x, target } = await data.loadDigits();
  const model = new nn.Sequential(
    new nn.Linear(64, 256),
    new nn.ReLU(),
    new nn.Linear(256, 256),
    new nn.ReLU(),
    new nn.Linear(256, 10),
  );
  await train.fit(model, {
    loss: nn.functional.crossEntropy,
    optimizer: new optim.Adam(model.parameters()),
    train: new data.DataLoader(new data.TensorDataset(x, target), {
      batchSize: 128,
      shuffle: true,
    }),
    epochs: 1e6,
    metrics: { accuracy: train.accuracy() },
    callbacks,
    progress: false,
    signal,
  }).catch((error) => {
    if (!signal.aborted) throw error;
  });
}
