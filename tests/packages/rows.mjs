// The dataset that `whole.mjs` reads in workers.
import "@tenfold/tenfold";
import { serveDataset } from "@tenfold/data/worker";

serveDataset(({ length }) => ({ length, get: (i) => [i, i * i] }));
