/**
 * What ranks that train together put together, and what each has of its own.
 *
 * @module
 */
import { getRandomState, setRandomState, tensor } from "@tenfold/core";
import type { TallyState } from "./_tally.ts";
import type { Replica } from "./distributing.ts";
import type { Counts } from "./metric.ts";

/** Counts and sums of all ranks; one that had no batch has no sums. */
export function ofAllRanks(
  replica: Replica,
  { samples, elements }: Counts,
  sums: ReadonlyMap<string, ArrayLike<number>>,
): { counts: Counts; sums: Map<string, Float64Array> } {
  const own = [...sums].map(([name, { length }]) => [name, length] as const);
  const known = new Map(replica.exchange(own).flat());
  const total = [...known.values()].reduce((a, b) => a + b, 0);
  const values = new Float64Array(2 + total);
  values.set([samples, elements]);
  let at = 2;
  for (const [name, length] of known) {
    values.set(sums.get(name) ?? [], at);
    at += length;
  }
  replica.sum(values);
  at = 2;
  const reduced = new Map<string, Float64Array>();
  for (const [name, length] of known) {
    reduced.set(name, values.slice(at, at += length));
  }
  const counts = { samples: values[0]!, elements: values[1]! };
  return { counts, sums: reduced };
}

/** Apart so far that the seeds of one rank are not those of another run's. */
const STRIDE = 1_000_003;

/**
 * Lets each rank draw random numbers of its own, such as those of dropout. Rank
 * 0 goes on with those of the program.
 */
export function drawApart({ rank }: Replica): void {
  if (rank === 0) return;
  const { seed, draws } = getRandomState();
  setRandomState({ seed: (seed + rank * STRIDE) | 0, draws });
}

/** The sums of all ranks in the place of those of one, on the host. */
export function tallyOfAllRanks(
  replica: Replica,
  { samples, elements, sums }: TallyState,
): TallyState {
  if (!replica.isOnHost) return { samples, elements, sums };
  const read = new Map(
    Object.entries(sums).map(([name, sum]) => [name, sum.dataSync()] as const),
  );
  const all = ofAllRanks(replica, { samples, elements }, read);
  const tensors = Object.entries(sums).map(([name, { shape, dtype, device }]) =>
    [name, tensor(all.sums.get(name)!, { shape, dtype, device })] as const
  );
  return { ...all.counts, sums: Object.fromEntries(tensors) };
}

/** The place of a loader, as `DataLoader` has it. */
interface LoaderPlace {
  readonly batch: number;
  readonly batchSize: number;
  readonly samples: number;
}

function isPlace(state: object): state is LoaderPlace {
  const { batch, batchSize, samples } = state as Partial<LoaderPlace>;
  return [batch, batchSize, samples].every((n) => typeof n === "number");
}

/**
 * The place of a loader that went on on another number of ranks: after as many
 * samples of all of them.
 *
 * @param factor How many ranks there were for each that there is.
 */
export function loaderForRanks(
  saved: object,
  own: object,
  factor: number,
): object {
  if (!isPlace(saved) || !isPlace(own)) return saved;
  const { batchSize, samples } = own;
  const batch = Math.floor(saved.batch * saved.batchSize * factor / batchSize);
  return { ...saved, batch, batchSize, samples };
}
