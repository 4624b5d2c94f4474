/**
 * The ranks that an MPI launcher has started.
 *
 * @module
 */
import type {
  Communicator,
  HostArray,
  Pending,
  Reduction,
} from "../_communicator.ts";
import { MpiError, RankError } from "../errors.ts";
import { Mpi, Request } from "./call.ts";
import type { Launcher } from "./launcher.ts";
import type { Library } from "./library.ts";
import { Watch } from "./watch.ts";

/** Calls of `done` without a pause, while the others are about to come. */
const SPINS = 2000;
/** Microseconds of the pauses then, so that others get the processor. */
const PAUSE = 50;
/**
 * Milliseconds without any progress after which the pauses are longer: several
 * ranks of a core would take it from those that compute.
 */
const PATIENCE = 10;
/** Microseconds of the longer pauses. */
const LONG_PAUSE = 500;
/** Milliseconds for the last messages, where `MPI_Finalize` cannot be called. */
const LINGER = 50;
/** Calls of `done` between two looks for ranks that failed. */
const LOOK = 64;
/**
 * Bytes of the parts that large arrays are reduced in.
 * What the ranks of one machine hand on stays in the caches then: 64 MiB of two
 * ranks took 0.24 s in parts of 256 KiB and 1.3 to 2.2 s in one call, of C as
 * well (Open MPI 4.1.4 and MPICH 4.0.2, on two cores that others used too).
 */
const PART = 1 << 18;
/** The most parts. */
const MOST_PARTS = 1024;
/**
 * Parts that are under way at once where the caller waits, so that no other
 * collective begins between them: MPICH has a copy of each, which it allocates
 * anew. 64 MiB of two ranks took 50 ms with 16 of them and 297 with all on Bun,
 * 43 and 43 on Deno (MPICH 4.0.2). Open MPI has them all: on Deno 16 took 87 ms
 * and all took 37 (4.1.4).
 */
const PARTS_OF_MPICH = 16;

/** Options of an MPI communicator. */
export interface MpiOptions {
  readonly launcher: Launcher | null;
  /** Seconds to wait for the others. */
  readonly timeout: number;
}

/** Parts of one collective, begun in order. */
class Parts implements Pending {
  readonly #starts: readonly (() => Pending)[];
  readonly #atOnce: number;
  readonly #begun: Pending[] = [];
  #first = 0;

  /**
   * Begins the first parts.
   *
   * @param starts What begins each.
   * @param atOnce How many may be under way.
   */
  constructor(starts: readonly (() => Pending)[], atOnce: number) {
    this.#starts = starts;
    this.#atOnce = atOnce;
    this.#beginMore();
  }

  #beginMore(): void {
    const end = Math.min(this.#first + this.#atOnce, this.#starts.length);
    while (this.#begun.length < end) {
      this.#begun.push(this.#starts[this.#begun.length]!());
    }
  }

  get passed(): number {
    return this.#first;
  }

  done(): boolean {
    while (this.#first < this.#starts.length) {
      if (!this.#begun[this.#first]!.done()) return false;
      this.#first++;
      this.#beginMore();
    }
    return true;
  }
}

/** A communicator of all ranks, on one that is the library's own. */
export class MpiCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly library: string;
  readonly #mpi: Mpi;
  readonly #comm: number;
  readonly #watch: Watch;
  readonly #timeout: number;
  #finalized = false;
  /** Collectives that this rank has begun; all begin the same. */
  #begun = 0;

  /**
   * Initialises MPI.
   *
   * @throws {MpiError} If the library is not that of the launcher.
   */
  constructor(library: Library, { launcher, timeout }: MpiOptions) {
    const mpi = this.#mpi = new Mpi(library);
    const { handles } = library;
    this.library = `${library.version} (${library.path})`;
    this.#timeout = timeout;
    if (mpi.integer("MPI_Initialized") === 0) mpi.call("MPI_Init", 0, 0);
    this.rank = mpi.integer("MPI_Comm_rank", handles.world);
    this.size = mpi.integer("MPI_Comm_size", handles.world);
    const expected = launcher?.size ?? null;
    if (expected !== null && expected !== this.size) {
      throw new MpiError(
        `Cannot init as ${library.path} (${library.version}) is not the MPI of the launcher, which has started ${expected} ranks: it knows of ${this.size}; give the path of the right one, init({ library })`,
      );
    }
    this.#comm = this.#duplicate();
    this.#watch = new Watch({
      mpi,
      comm: this.#duplicate(),
      rank: this.rank,
      gather: (data, into) => {
        const pending = this.allGather(data, into);
        while (!pending.done());
      },
      size: this.size,
      begun: () => this.#begun,
      leave: () => this.finalize(),
    });
  }

  /** A communicator of our own, whose errors come back as codes. */
  #duplicate(): number {
    const { handles } = this.#mpi.library;
    const out = new BigInt64Array(1);
    this.#mpi.call("MPI_Comm_dup", handles.world, this.#mpi.addressOf(out));
    const comm = handles.type === "i32"
      ? new Int32Array(out.buffer)[0]!
      : Number(out[0]);
    this.#mpi.call("MPI_Comm_set_errhandler", comm, handles.errorsReturn);
    return comm;
  }

  /** Elements that MPI knows; of others it copies the bytes. */
  #countOf(data: HostArray): number {
    const { byte } = this.#mpi.library.handles;
    return this.#typeOf(data) === byte ? data.byteLength : data.length;
  }

  #typeOf(data: HostArray): number {
    const { float, double, int, byte } = this.#mpi.library.handles;
    if (data instanceof Float32Array) return float;
    if (data instanceof Float64Array) return double;
    return data instanceof Int32Array ? int : byte;
  }

  #begin(what: string, kept: readonly HostArray[]): Request {
    if (this.#finalized) {
      throw new MpiError(`Cannot ${what} as the world was finalized`);
    }
    this.#begun++;
    return new Request(this.#mpi, what, kept);
  }

  allReduce(
    data: HostArray,
    reduction: Reduction,
    waits = false,
  ): Pending {
    const { handles } = this.#mpi.library;
    const atOnce = waits && this.library.startsWith("MPICH")
      ? PARTS_OF_MPICH
      : MOST_PARTS;
    return this.#inParts(data, atOnce, (part) => {
      const request = this.#begin("allReduce", [part]);
      this.#mpi.call(
        "MPI_Iallreduce",
        handles.inPlace,
        this.#mpi.addressOf(part),
        part.length,
        this.#typeOf(part),
        handles[reduction],
        this.#comm,
        request.address,
      );
      return request;
    });
  }

  /** Begins a collective of each part, in the order that all ranks have. */
  #inParts(
    data: HostArray,
    atOnce: number,
    begin: (part: HostArray) => Pending,
  ): Pending {
    if (data.length === 0) return new Parts([], atOnce);
    if (data.byteLength <= PART) return begin(data);
    const starts: (() => Pending)[] = [];
    const bytes = Math.max(PART, Math.ceil(data.byteLength / MOST_PARTS));
    const length = Math.ceil(bytes / data.BYTES_PER_ELEMENT);
    for (let start = 0; start < data.length; start += length) {
      starts.push(() => begin(data.subarray(start, start + length)));
    }
    return new Parts(starts, atOnce);
  }

  allGather(
    data: HostArray,
    into: HostArray,
    counts?: readonly number[],
  ): Pending {
    if (counts !== undefined) return this.#allGatherBy(data, into, counts);
    const request = this.#begin("allGather", [data, into]);
    const type = this.#typeOf(data);
    this.#mpi.call(
      "MPI_Iallgather",
      this.#mpi.addressOf(data),
      this.#countOf(data),
      type,
      this.#mpi.addressOf(into),
      this.#countOf(data),
      type,
      this.#comm,
      request.address,
    );
    return request;
  }

  #allGatherBy(
    data: HostArray,
    into: HostArray,
    counts: readonly number[],
  ): Pending {
    const type = this.#typeOf(data);
    const width = this.#countOf(data.subarray(0, 1)) || 1;
    const each = Int32Array.from(counts, (count) => count * width);
    const starts = new Int32Array(each.length);
    for (let i = 1; i < each.length; i++) {
      starts[i] = starts[i - 1]! + each[i - 1]!;
    }
    const request = this.#begin("allGather", [data, into, each, starts]);
    this.#mpi.call(
      "MPI_Iallgatherv",
      this.#mpi.addressOf(data),
      this.#countOf(data),
      type,
      this.#mpi.addressOf(into),
      this.#mpi.addressOf(each),
      this.#mpi.addressOf(starts),
      type,
      this.#comm,
      request.address,
    );
    return request;
  }

  broadcast(data: HostArray, from: number): Pending {
    return this.#inParts(data, MOST_PARTS, (part) => {
      const request = this.#begin("broadcast", [part]);
      this.#mpi.call(
        "MPI_Ibcast",
        this.#mpi.addressOf(part),
        this.#countOf(part),
        this.#typeOf(part),
        from,
        this.#comm,
        request.address,
      );
      return request;
    });
  }

  reduceScatter(
    data: HostArray,
    into: HostArray,
    reduction: Reduction,
    counts?: readonly number[],
  ): Pending {
    const { handles } = this.#mpi.library;
    if (counts !== undefined) {
      const each = Int32Array.from(counts);
      const request = this.#begin("reduceScatter", [data, into, each]);
      this.#mpi.call(
        "MPI_Ireduce_scatter",
        this.#mpi.addressOf(data),
        this.#mpi.addressOf(into),
        this.#mpi.addressOf(each),
        this.#typeOf(data),
        handles[reduction],
        this.#comm,
        request.address,
      );
      return request;
    }
    const request = this.#begin("reduceScatter", [data, into]);
    this.#mpi.call(
      "MPI_Ireduce_scatter_block",
      this.#mpi.addressOf(data),
      this.#mpi.addressOf(into),
      into.length,
      this.#typeOf(data),
      handles[reduction],
      this.#comm,
      request.address,
    );
    return request;
  }

  barrier(): Pending {
    const request = this.#begin("wait at a barrier", []);
    this.#mpi.call("MPI_Ibarrier", this.#comm, request.address);
    return request;
  }

  wait(pending: Pending, operation: string): void {
    let looks = 0;
    let began = 0;
    let moved = 0;
    let passed = 0;
    let idle = false;
    while (!pending.done()) {
      if (++looks % LOOK !== 0 && !idle) continue;
      this.#watch.look(operation);
      if (looks < SPINS) continue;
      const now = performance.now();
      if (began === 0) began = moved = now;
      if (pending.passed !== undefined && pending.passed > passed) {
        passed = pending.passed;
        moved = now;
      }
      if (now - began > this.#timeout * 1000) {
        throw new RankError(
          `Cannot ${operation} as not all of ${this.size} ranks have come within ${this.#timeout} s: init({ debug: true }) tells which collectives differ, init({ timeout }) waits longer`,
          null,
        );
      }
      idle = now - moved > PATIENCE;
      this.#mpi.library.libc.usleep(idle ? LONG_PAUSE : PAUSE);
    }
  }

  check(operation: string): void {
    this.#watch.look(operation);
  }

  fail(cause: unknown): void {
    if (!this.#finalized) this.#watch.fail(cause);
  }

  finalize(): void {
    if (this.#finalized) return;
    const hangs = this.#mpi.library.hangsInFinalize &&
      this.#watch.onSeveralMachines;
    this.#watch.leave(hangs ? LINGER : 0);
    this.#finalized = true;
    // All ranks have said that they leave: the launcher takes that for success.
    if (!hangs) this.#mpi.call("MPI_Finalize");
  }
}
