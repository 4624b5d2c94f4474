/** Rank 1 throws what nobody catches, while rank 0 waits for it. */
import { init } from "@tenfold/distributed";
import process from "node:process";

const world = await init();
const fault = new Error("a fault of the test");
if (world.rank === 0) world.barrier();
else if (process.argv[2] === "program") throw fault;
else if (process.argv[2] === "timer") {
  setTimeout(() => {
    throw fault;
  });
} else void Promise.reject(fault);
