/**
 * The fourth law: after each test the same tensors and buffers are alive as
 * before it. Every test of the suite is held to it; the tests of this file
 * check nothing else.
 *
 * @module
 */
import {
  grad,
  memory,
  noGrad,
  type Scope,
  scope,
  type Tensor,
} from "@tenfold/core";
import { wrapValue } from "@tenfold/core/internal";
import {
  arg,
  call,
  scalar,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";
import type { Random } from "./random.ts";
import type { Session } from "./session.ts";
import { within } from "./values.ts";

/** The memory that is in use, as text. */
function used(session: Session): string {
  const { tensors, buffers, bytes } = memory();
  return `${tensors} tensors, ${buffers} buffers, ${bytes} bytes, ${session.backend.live} buffers of ${session.backend.name}`;
}

function randomTensor(
  session: Session,
  shape: readonly number[],
  random: Random,
): Tensor {
  const { value } = session.place({
    shape,
    dtype: "float32",
    layout: "dense",
    values: within(-1, 1),
  }, random);
  return wrapValue(session.device, value);
}

/** Momentum: two targets changed by one kernel. */
const STEP: UpdateProgram = (() => {
  const [p, m, g] = [0, 1, 2].map((i) => arg(i, "float32"));
  const moment = call("add", call("mul", m!, scalar(1, "float32")), g!);
  return {
    label: "step",
    inputs: ["float32", "float32", "float32"],
    exprs: [call("sub", p!, call("mul", moment, scalar(0, "float32"))), moment],
  };
})();

/** Training steps of a small net: memory stays where the third step left it. */
export async function checkTraining(
  session: Session,
  random: Random,
): Promise<void> {
  using _outer = scope();
  const [x, y] = [[8, 5], [8, 2]].map((shape) =>
    randomTensor(session, shape, random)
  );
  const parameters = [[5, 7], [7], [7, 2], [2]].map((shape) =>
    randomTensor(session, shape, random).requiresGrad_()
  );
  const moments = parameters.map((p) => p.detach().mul(0));
  const losses: number[] = [];
  let settled = "";
  for (let step = 0; step < 40; step++) {
    {
      using _: Scope = scope();
      const [w1, b1, w2, b2] = parameters;
      const hidden = x!.matmul(w1!).add(b1!).relu();
      const loss = hidden.matmul(w2!).add(b2!).sub(y!).square().mean();
      const gradients = grad(loss, parameters);
      noGrad(() =>
        parameters.forEach((p, i) =>
          updateInPlace(STEP, [p, moments[i]!], [gradients[i]!], [0.05, 0.9])
        )
      );
      losses.push((await loss.data())[0]!);
    }
    if (step === 2) settled = used(session);
    if (step > 2 && used(session) !== settled) {
      throw new Error(
        `Step ${step} left ${used(session)}, expected ${settled}`,
      );
    }
  }
  if (!(losses.at(-1)! < losses[0]! / 2)) {
    throw new Error(`The loss went from ${losses[0]} to ${losses.at(-1)}`);
  }
}

/** Views hold their memory, and the last one gives it back. */
export async function checkViews(
  session: Session,
  random: Random,
): Promise<void> {
  const live = session.backend.live;
  const base = randomTensor(session, [4, 6], random);
  const expected = Array.from(await base.data());
  const views = [base.t(), base.flatten(), base.narrow(1, 2, 3)];
  if (session.backend.live !== live + 1) {
    throw new Error(`Views took ${session.backend.live - live - 1} buffers`);
  }
  base.dispose();
  const [transposed, flat, part] = views;
  const again = Array.from(await flat!.data());
  if (again.join() !== expected.join()) {
    throw new Error(
      `A view shows ${again.join()}, expected ${expected.join()}`,
    );
  }
  for (const view of [part!, flat!]) view.dispose();
  if (session.backend.live !== live + 1) {
    throw new Error("Memory was given back while a view needed it");
  }
  transposed!.dispose();
  if (session.backend.live !== live) {
    throw new Error("The last view did not give its memory back");
  }
}

/** Freed memory may be allocated again, memory in use may not. */
export async function checkReuse(
  session: Session,
  random: Random,
): Promise<void> {
  const kept: { tensor: Tensor; data: string }[] = [];
  for (let i = 0; i < 200; i++) {
    const shape = [random.whole(1, 40), random.whole(1, 40)];
    const tensor = randomTensor(session, shape, random);
    const copy = tensor.add(0);
    kept.push({ tensor: copy, data: Array.from(await tensor.data()).join() });
    tensor.dispose();
    if (kept.length < 20) continue;
    const [old] = kept.splice(random.whole(0, kept.length - 1), 1);
    const data = Array.from(await old!.tensor.data()).join();
    if (data !== old!.data) throw new Error("A live tensor has changed");
    old!.tensor.dispose();
  }
  for (const { tensor, data } of kept) {
    if (Array.from(await tensor.data()).join() !== data) {
      throw new Error("A live tensor has changed");
    }
    tensor.dispose();
  }
}
