/**
 * Outcomes of work, which a GPU reports later. What was computed from failed
 * work has failed with it.
 *
 * @module
 */

/** The number of reports so far: between two, no outcome changes. */
let reports = 0;

/** The outcome of some work, or of an allocation that it needs. */
export class Outcome {
  #settled = false;
  #error: Error | null = null;
  /**
   * The outcomes that it depends on; empty for work that the device itself
   * reports on.
   */
  #sources: readonly Outcome[];
  /** What was made of this and another one. */
  #joined: Map<Outcome, Outcome> | null = null;

  /** The number of reports when the sources were last checked. */
  #looked = -1;

  /** An outcome that depends on others, or one that is settled by a report. */
  constructor(...sources: readonly Outcome[]) {
    this.#sources = sources;
  }

  /**
   * Settles the outcome by the device's report: an error, or null. The first
   * error stays.
   */
  settle(error: Error | null): void {
    if (this.#error) return;
    reports++;
    this.#settleAs(error);
  }

  /** True once it is known that all went well. */
  get good(): boolean {
    this.#look();
    return this.#settled && this.#error === null;
  }

  /** Why it failed; null while that is not known, and where it did not. */
  get error(): Error | null {
    this.#look();
    return this.#error;
  }

  /** The outcome of what needs both; the error of this one comes first. */
  and(other: Outcome): Outcome {
    if (
      other === this || this.#sources.includes(other) ||
      other.#settled && other.#error === null
    ) return this;
    if (
      other.#sources.includes(this) || this.#settled && this.#error === null
    ) return other;
    const known = this.#joined?.get(other);
    if (known) return known;
    const both = new Outcome(this, other);
    this.#joined ??= new Map();
    this.#joined.set(other, both);
    return both;
  }

  #settleAs(error: Error | null): void {
    this.#settled = true;
    this.#error = error;
    this.#sources = [];
    this.#joined = null;
  }

  /** Settles this where the outcomes that it depends on are settled. */
  #look(): void {
    if (this.#settled || this.#sources.length === 0) return;
    if (this.#looked === reports) return;
    // Not recursive: one follows from another over thousands of submits.
    const seen = new Set<Outcome>();
    const path: Outcome[] = [this];
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      if (top.#looked === reports) {
        path.pop();
        continue;
      }
      if (!top.#settled && !seen.has(top)) {
        seen.add(top);
        for (const source of top.#sources) path.push(source);
        continue;
      }
      path.pop();
      if (top.#settled || top.#sources.length === 0) continue;
      const failed = top.#sources.find((source) => source.#error !== null);
      if (failed) top.#settleAs(failed.#error);
      else if (top.#sources.every((source) => source.#settled)) {
        top.#settleAs(null);
      } else top.#looked = reports;
    }
  }
}
