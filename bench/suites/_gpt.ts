/**
 * A GPT of 4 layers of 128 that reads 65 characters, and its training step.
 *
 * @module
 */
import { arange, nn, optim, type Tensor } from "@tenfold/tenfold";

/** How many characters there are. */
export const KINDS = 65;
const [LAYERS, WIDTH] = [4, 128];

/** Says of each character of a text which is the next. */
export class GPT
  extends nn.Module<[x: Tensor, cache?: nn.KVCache | null], Tensor> {
  readonly token = new nn.Embedding(KINDS, WIDTH);
  readonly position: nn.Embedding;
  readonly blocks = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(WIDTH, 4, {
      dimFeedforward: 4 * WIDTH,
      activation: "gelu",
      dropout: 0,
      batchFirst: true,
      normFirst: true,
    }),
    LAYERS,
    { norm: new nn.LayerNorm(WIDTH) },
  );
  readonly head = new nn.Linear(WIDTH, KINDS);

  constructor(context: number) {
    super();
    this.position = new nn.Embedding(context, WIDTH);
  }

  forward(x: Tensor, cache: nn.KVCache | null = null): Tensor {
    const seen = cache?.length ?? 0;
    const places = arange(seen, seen + x.shape[1]!);
    const input = this.token.forward(x).add(this.position.forward(places));
    const masks = { isCausal: true, ...cache ? { cache } : {} };
    return this.head.forward(this.blocks.forward(input, masks));
  }
}

/** A step on one batch, in a scope of the caller, that gives the loss. */
export function gptStep(model: GPT, x: Tensor, y: Tensor): () => Tensor {
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  return () => {
    optimizer.zeroGrad();
    const logits = model.forward(x).flatten(0, 1);
    const loss = nn.functional.crossEntropy(logits, y.flatten());
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
}
