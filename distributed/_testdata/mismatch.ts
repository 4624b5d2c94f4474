/** Calls collectives that the ranks do not agree on. */
import { init } from "@tenfold/distributed";
import { tensor } from "@tenfold/tenfold";
import { report } from "../_testing.ts";

const world = await init({ debug: true });
const messages: string[] = [];
const attempt = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    messages.push((error as Error).message);
  }
};
const x = tensor([1, 2, 3]);
const longer = tensor([1, 2, 3, 4]);
world.allReduce(x);
attempt(() => world.allReduce(world.rank === 0 ? x : longer));
attempt(() => world.rank === 0 ? world.allReduce(x) : world.broadcast(x));
world.barrier();
report(world.rank, messages);
