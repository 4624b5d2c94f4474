/**
 * The schedule of a plan: its launches in order, those that the backend joins as
 * one, and between them what is asked for anew or looked at.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { CallGroup, RepeatedCall } from "../kernel.ts";
import { withRoutines } from "../late_routines.ts";
import type { Storage } from "../storage.ts";
import type { Bindings, LateTarget } from "./bindings.ts";
import type { Profile } from "./profile.ts";
import type { LateNumbers } from "./launch.ts";

/** Something between launches. */
type Turn =
  | {
    /** Before which launch. */
    readonly at: number;
    /** Late values that go to scalars of launches. */
    readonly from: LateNumbers;
    readonly to: readonly LateTarget[];
  }
  | {
    readonly at: number;
    /** A count of refused values that is looked at, by its number. */
    readonly check: number;
  };

/** Launches that are one call of the backend. */
export interface Joined {
  /** The first of them. */
  readonly begin: number;
  /** How many there are. */
  readonly count: number;
}

/** Throws where a count of refused values, given by its number, is not 0. */
export type Look = (check: number) => void;

/** What is run, in order. */
export class Schedule {
  readonly #actions: ((look: Look) => void)[] = [];
  readonly #groups: CallGroup[] = [];

  /**
   * @param backend What runs it.
   * @param bindings The launches.
   * @param late Late values, in the order of the function.
   * @param checks The memory of each count of refused values.
   * @param profile What takes the time of each launch; none is joined then.
   */
  constructor(
    backend: Backend,
    bindings: Bindings,
    late: readonly LateNumbers[],
    checks: readonly Storage[],
    profile: Profile | null,
  ) {
    const turns = turnsOf(bindings, late);
    if (backend.readSync) addChecks(turns, bindings, checks);
    try {
      if (profile === null) this.#join(backend, bindings, turns);
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.#order(backend, bindings, turns, profile);
  }

  /** The launches that the backend has joined, as numbers from 0 on. */
  get joined(): readonly Joined[] {
    return this.#groups;
  }

  /** Runs everything. */
  run(look: Look): void {
    const actions = this.#actions;
    for (let i = 0; i < actions.length; i++) actions[i]!(look);
  }

  /** Told that memory was replaced that does not change with every run. */
  rebind(): void {
    for (const group of this.#groups) group.rebind?.();
  }

  /** Gives back what groups hold. */
  dispose(): void {
    for (const group of this.#groups) group.dispose?.();
    this.#groups.length = 0;
  }

  /** Has the backend join what it can, between what is looked at. */
  #join(backend: Backend, { launches }: Bindings, turns: Turn[]): void {
    if (!backend.join) return;
    const asks = new Set(turns.flatMap((t) => "check" in t ? [] : t.at));
    const calls = launches.map((
      { label, bound, changes },
      i,
    ): RepeatedCall => ({
      label,
      ...bound,
      changes,
      waits: asks.has(i),
    }));
    const ends = turns.flatMap((turn) => "check" in turn ? [turn.at] : []);
    let from = 0;
    for (const end of [...ends, calls.length]) {
      for (const group of joined(backend, calls.slice(from, end))) {
        this.#groups.push(shifted(group, from));
      }
      from = end;
    }
    // What is asked for within a group is asked for before it.
    for (const { begin, count } of this.#groups) {
      turns.forEach((turn, i) => {
        if (turn.at > begin && turn.at < begin + count) {
          turns[i] = { ...turn, at: begin };
        }
      });
    }
  }

  #order(
    backend: Backend,
    { launches }: Bindings,
    turns: readonly Turn[],
    profile: Profile | null,
  ): void {
    const groups = new Map(this.#groups.map((group) => [group.begin, group]));
    let next = 0;
    for (let i = 0; i <= launches.length;) {
      while (next < turns.length && turns[next]!.at <= i) {
        this.#actions.push(actionOf(turns[next++]!));
      }
      const group = groups.get(i);
      if (group !== undefined) this.#actions.push(() => group.run());
      else if (i < launches.length) {
        const { label, number, bound: { launch, call } } = launches[i]!;
        const run = () => launch(call);
        this.#actions.push(() => {
          backend.enter?.(label);
          if (profile === null) launch(call);
          else profile.time(number, run);
        });
      }
      i += group?.count ?? 1;
    }
  }
}

/** A group whose calls began at `from` of all. */
function shifted(group: CallGroup, from: number): CallGroup {
  return {
    begin: group.begin + from,
    count: group.count,
    run: () => group.run(),
    rebind: () => group.rebind?.(),
    dispose: () => group.dispose?.(),
  };
}

/**
 * When late values are asked for: each as late as can be, so that an error
 * before leaves it out, and in the order of the function.
 */
function turnsOf(
  { launches, late: targets, firstUse }: Bindings,
  late: readonly LateNumbers[],
): Turn[] {
  const turns: Turn[] = [];
  let at = launches.length;
  for (const from of late.toReversed()) {
    at = Math.min(at, firstUse.get(from) ?? at);
    turns.push({ at, from, to: targets.get(from) ?? [] });
  }
  return turns.reverse();
}

/** Looks at each count of refused values as soon as it is there. */
function addChecks(
  turns: Turn[],
  { lastWrite }: Bindings,
  checks: readonly Storage[],
): void {
  checks.forEach((storage, check) => {
    const at = (lastWrite.get(storage) ?? -1) + 1;
    const before = turns.findIndex((turn) => turn.at >= at);
    turns.splice(before < 0 ? turns.length : before, 0, { at, check });
  });
}

function actionOf(turn: Turn): (look: Look) => void {
  if ("check" in turn) return (look) => look(turn.check);
  const { from, to } = turn;
  return () => {
    const values = from.produce();
    for (let i = 0; i < to.length; i++) {
      const { scalars, at, part } = to[i]!;
      scalars[at] = values[part]!;
    }
  };
}

/** The calls as the backend joins them; what does that is loaded with it. */
const joined = /* @__PURE__ */ withRoutines(
  ["join"],
  (backend: Backend, calls: readonly RepeatedCall[]) =>
    backend.join?.(calls) ?? [],
);
