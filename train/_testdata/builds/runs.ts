/**
 * Runs whose checkpoints are kept, as builds before this one wrote them. This
 * file and `tools/write_checkpoints.ts` use nothing that those builds lack.
 *
 * @module
 */
import { manualSeed, type Tensor, tensor } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { checkpoint, earlyStopping, fit, type History } from "../../mod.ts";

/** What makes an optimizer, and a schedule beside it. */
interface Recipe {
  readonly optimizer: (model: nn.Module) => optim.Optimizer;
  // deno-lint-ignore no-explicit-any -- what fit takes differs among builds
  readonly scheduler?: (optimizer: optim.Optimizer) => any;
}

const by =
  (make: (params: nn.Parameter[]) => optim.Optimizer) => (model: nn.Module) =>
    make([...model.parameters()] as nn.Parameter[]);

/** Every optimizer, each with the options that give it more state. */
export const RECIPES: { readonly [name: string]: Recipe } = {
  sgd: { optimizer: by((p) => new optim.SGD(p, { lr: 0.0625 })) },
  sgd_nesterov: {
    optimizer: by((p) =>
      new optim.SGD(p, {
        lr: 0.0625,
        momentum: 0.875,
        nesterov: true,
        weightDecay: 0.01,
      })
    ),
    scheduler: (o) => new optim.StepLR(o, { stepSize: 2, gamma: 0.5 }),
  },
  adam: {
    optimizer: by((p) => new optim.Adam(p, { lr: 0.0625 })),
    scheduler: (o) => new optim.ExponentialLR(o, { gamma: 0.875 }),
  },
  adam_amsgrad: {
    optimizer: by((p) =>
      new optim.Adam(p, { lr: 0.0625, amsgrad: true, weightDecay: 0.01 })
    ),
    scheduler: (o) => ({
      schedule: new optim.ReduceLROnPlateau(o, { patience: 0, factor: 0.5 }),
      monitor: "validation.loss",
    }),
  },
  adamw: {
    optimizer: by((p) => new optim.AdamW(p, { lr: 0.0625 })),
    scheduler: (o) => new optim.MultiStepLR(o, { milestones: [1, 4] }),
  },
  adamw_groups: {
    optimizer: (model) => {
      const [first, ...rest] = [...model.parameters()] as nn.Parameter[];
      return new optim.AdamW([
        { params: [first!], lr: 0.125 },
        { params: rest, weightDecay: 0 },
      ], { lr: 0.0625 });
    },
    scheduler: (o) => new optim.LinearLR(o, { totalIters: 4 }),
  },
  rmsprop: {
    optimizer: by((p) => new optim.RMSprop(p, { lr: 0.03125 })),
    scheduler: (o) => ({
      schedule: new optim.OneCycleLR(o, {
        maxLr: 0.125,
        totalSteps: 40,
        cycleMomentum: false,
      }),
      every: "step",
    }),
  },
  rmsprop_centered: {
    optimizer: by((p) =>
      new optim.RMSprop(p, { lr: 0.03125, centered: true, momentum: 0.5 })
    ),
  },
  adagrad: {
    optimizer: by((p) => new optim.Adagrad(p, { lr: 0.125, lrDecay: 0.01 })),
    scheduler: (o) => new optim.CosineAnnealingLR(o, { tMax: 4 }),
  },
};

/** Samples of three features and two figures to learn. */
function samples(count: number): readonly [Tensor, Tensor] {
  // Eighths: every product and sum of a few of them is exact.
  const features = Array.from(
    { length: count * 3 },
    (_, i) => ((i * 37) % 41 - 20) / 8,
  );
  const figures = Array.from(
    { length: count * 2 },
    (_, i) => ((i * 29) % 31 - 15) / 8,
  );
  return [
    tensor(features, { shape: [count, 3] }),
    tensor(figures, { shape: [count, 2] }),
  ];
}

/** Makes the net: of all that state dicts hold, running figures too. */
export function makeModel(): nn.Sequential {
  return new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.25 }),
    new nn.Linear(4, 2),
  );
}

/** What a run leaves. */
export interface Outcome {
  readonly model: nn.Sequential;
  readonly optimizer: optim.Optimizer;
  readonly data: readonly Tensor[];
  readonly history: History;
}

/** Thrown in a run that is to be cut off. */
export class CutOff extends Error {}

/** How many epochs there are in a run that is not cut off; 5 steps each. */
export const EPOCHS = 4;

/** After which step the last checkpoint of a run that is cut off was saved. */
export const SAVED_AFTER = 7;

/**
 * Trains with a recipe, from where the checkpoint stands if there is one.
 *
 * @param cut Whether to save once, in the midst of an epoch, and to stop soon.
 * @throws {CutOff} If it was cut off.
 */
export async function train(
  name: string,
  path: string | URL,
  cut: boolean,
): Promise<Outcome> {
  const recipe = RECIPES[name]!;
  manualSeed(7);
  const model = makeModel();
  const optimizer = recipe.optimizer(model);
  const [learnt, looked] = [samples(20), samples(8)];
  let steps = 0;
  const history = await fit(model, {
    loss: (output, target) => {
      if (cut && model.training && ++steps > SAVED_AFTER + 2) {
        throw new CutOff();
      }
      return nn.functional.mseLoss(output, target);
    },
    optimizer,
    ...recipe.scheduler ? { scheduler: recipe.scheduler(optimizer) } : {},
    train: new DataLoader(new TensorDataset(...learnt), {
      batchSize: 4,
      shuffle: true,
      seed: 3,
    }),
    validation: new DataLoader(new TensorDataset(...looked), { batchSize: 8 }),
    epochs: EPOCHS,
    callbacks: [
      checkpoint(path, {
        everySteps: SAVED_AFTER,
        everyEpochs: 1000,
        resume: true,
      }),
      earlyStopping({ patience: 100, restoreBest: true }),
    ],
    progress: false,
  });
  return { model, optimizer, data: [...learnt, ...looked], history };
}

/** What a run comes to: the bits of its parameters and figures. */
export async function figuresOf(
  { model, history }: Pick<Outcome, "model" | "history">,
): Promise<{ state: number[]; losses: number[] }> {
  const state: number[] = [];
  for (const tensor of Object.values(model.stateDict())) {
    state.push(...Array.from(await tensor.data(), Number));
  }
  const losses = history.epochs.flatMap((epoch) => [
    epoch.train["loss"]!,
    epoch.validation!["loss"]!,
    epoch.learningRate,
  ]);
  return { state, losses };
}
