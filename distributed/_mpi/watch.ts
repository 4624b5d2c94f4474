/**
 * Finds out that another rank has failed, and tells the others when this one
 * does, so that nobody waits for ever. What MPI promises of failed ranks is
 * nothing; launchers end a job when a process dies, and not when a script does.
 *
 * @module
 */
import type { HostArray } from "../_communicator.ts";
import { RankError } from "../errors.ts";
import { type Mpi, Request } from "./call.ts";

/** The bytes of a message about a rank. */
const MESSAGE = 1024;
/** The bytes of a name of a host. */
const HOST = 256;
/** Milliseconds between two looks whether processes are there. */
const PERIOD = 50;
/** Milliseconds that the others have to read why, before the job is ended. */
const GRACE = 300;
/** Microseconds between two looks while a rank that leaves waits for others. */
const PAUSE = 1000;

/** What a message says of its rank. */
type Notice = {
  readonly rank: number;
  readonly kind: "failed" | "left";
  readonly why: string;
  /** How many collectives it has begun: it takes part in them to their end. */
  readonly begun: number;
};

/** What it takes to watch. */
export interface WatchOptions {
  readonly mpi: Mpi;
  /** A communicator for notices alone. */
  readonly comm: number;
  readonly rank: number;
  readonly size: number;
  readonly gather: (data: HostArray, into: HostArray) => void;
  /** How many collectives this rank has begun. */
  readonly begun: () => number;
  /** Leaves when the program ends. */
  readonly leave: () => void;
}

/** A process of the same machine. */
interface Peer {
  readonly rank: number;
  readonly pid: number;
}

interface Process {
  on(event: string, listener: (argument: never) => void): void;
  off(event: string, listener: (argument: never) => void): void;
  exit(code: number): never;
}

const processNow = (): Process | undefined =>
  (globalThis as unknown as { process?: Process }).process;

/** Watches the other ranks. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #inbox = new Uint8Array(MESSAGE);
  readonly #peers: readonly Peer[];
  #onSeveralMachines = false;
  #receiving: Request;
  #looked = 0;
  #known: RankError | null = null;
  /** The ranks that have left. */
  readonly #left: Notice[] = [];
  #told = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#peers = this.#findPeers();
    this.#receiving = this.#receive();
    processNow()?.on("exit", this.#exit);
    processNow()?.on("SIGTERM", this.#terminated);
    // Bun tells no listener of globalThis; the first tells it of no promise.
    processNow()?.on("uncaughtExceptionMonitor", this.#uncaught);
    processNow()?.on("unhandledRejection", this.#uncaught);
  }

  /** Whether there are ranks on machines of other names. */
  get onSeveralMachines(): boolean {
    return this.#onSeveralMachines;
  }

  /** The other ranks of this machine whose processes can be seen. */
  #findPeers(): Peer[] {
    const { mpi, rank, size, gather } = this.#options;
    const { libc, foreign } = mpi.library;
    const own = new Uint8Array(HOST + 4);
    const length = new Int32Array(1);
    const at = mpi.addressOf(own);
    mpi.call("MPI_Get_processor_name", at, mpi.addressOf(length));
    const host = foreign.textAt(at);
    own.fill(0);
    new TextEncoder().encodeInto(host, own.subarray(0, HOST));
    const view = new DataView(own.buffer);
    view.setInt32(HOST, Number(libc.getpid()), true);
    const all = new Uint8Array(size * own.length);
    gather(own, all);
    const peers: Peer[] = [];
    for (let other = 0; other < size; other++) {
      const theirs = all.subarray(other * own.length);
      const here = own.subarray(0, HOST).every((byte, i) => byte === theirs[i]);
      if (!here) this.#onSeveralMachines = true;
      const pid = new DataView(all.buffer).getInt32(
        other * own.length + HOST,
        true,
      );
      if (other === rank || !here || Number(libc.kill(pid, 0)) !== 0) continue;
      peers.push({ rank: other, pid });
    }
    return peers;
  }

  #receive(): Request {
    const { mpi, comm } = this.#options;
    const { byte, anySource } = mpi.library.handles;
    const request = new Request(mpi, "receive", [this.#inbox]);
    mpi.call(
      "MPI_Irecv",
      mpi.addressOf(this.#inbox),
      MESSAGE,
      byte,
      anySource,
      0,
      comm,
      request.address,
    );
    return request;
  }

  /**
   * Looks for notices, and now and then for processes.
   *
   * @throws {RankError} If a rank has failed or left.
   */
  look(operation: string): void {
    if (this.#closed) return;
    this.#listen(operation);
    const { begun, size } = this.#options;
    // Whoever leaves may do so before the last collective is over here.
    const missing = this.#left.find((notice) => notice.begun < begun());
    if (missing !== undefined) {
      this.#known ??= new RankError(
        `Cannot ${operation} as rank ${missing.rank} of ${size} has ended: ${missing.why}`,
        missing.rank,
      );
    }
    if (this.#known !== null) throw this.#known;
  }

  /** Takes notices, and now and then looks for processes. */
  #listen(operation: string): void {
    const { size } = this.#options;
    while (this.#receiving.done()) {
      const end = this.#inbox.indexOf(0);
      const text = new TextDecoder().decode(this.#inbox.subarray(0, end));
      this.#receiving = this.#receive();
      const notice = JSON.parse(text) as Notice;
      if (notice.kind === "left") this.#left.push(notice);
      else {
        this.#known ??= new RankError(
          `Cannot ${operation} as rank ${notice.rank} of ${size} has failed: ${notice.why}`,
          notice.rank,
        );
      }
    }
    const now = performance.now();
    if (now - this.#looked <= PERIOD) return;
    this.#looked = now;
    const gone = this.#gone();
    if (gone === null) return;
    this.#known ??= new RankError(
      `Cannot ${operation} as rank ${gone.rank} of ${size} has died: its process ${gone.pid} is gone`,
      gone.rank,
    );
  }

  /** A rank of this machine whose process has gone, before it has left. */
  #gone(): Peer | null {
    const { libc } = this.#options.mpi.library;
    return this.#peers.find(({ rank, pid }) =>
      Number(libc.kill(pid, 0)) !== 0 &&
      !this.#left.some((notice) => notice.rank === rank)
    ) ?? null;
  }

  /** Tells the others that this rank cannot go on, and ends the job. */
  fail(cause: unknown): void {
    if (this.#told || this.#closed) return;
    this.#told = true;
    const { mpi, rank, size } = this.#options;
    // The job is over before the runtime could print it.
    console.error(`Rank ${rank} of ${size} has failed: ${describe(cause)}`);
    console.error(cause);
    // What another rank is the cause of, all have heard from there.
    if (!(cause instanceof RankError)) {
      this.#tell("failed", describe(cause));
    }
    this.#pause(GRACE);
    mpi.library.mpi.MPI_Abort(mpi.library.handles.world, 1);
  }

  #tell(kind: Notice["kind"], why: string): void {
    const { mpi, comm, rank, size, begun } = this.#options;
    const short = why.length > MESSAGE / 4 ? `${why.slice(0, 250)}…` : why;
    const notice: Notice = { rank, kind, why: short, begun: begun() };
    const text = JSON.stringify(notice);
    const bytes = new Uint8Array(MESSAGE);
    new TextEncoder().encodeInto(text, bytes.subarray(0, MESSAGE - 1));
    for (let other = 0; other < size; other++) {
      if (other === rank) continue;
      const request = new Request(mpi, "send", [bytes]);
      mpi.library.mpi.MPI_Isend(
        mpi.addressOf(bytes),
        MESSAGE,
        mpi.library.handles.byte,
        other,
        0,
        comm,
        request.address,
      );
      this.#outbox.push(request);
    }
  }

  /** Messages on their way. */
  readonly #outbox: Request[] = [];

  /** Lets messages travel for some milliseconds. */
  #pause(milliseconds: number): void {
    const { libc } = this.#options.mpi.library;
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      for (const request of this.#outbox) request.done();
      libc.usleep(1000);
    }
  }

  readonly #uncaught = (cause: unknown): void => this.fail(cause);

  /** The program ends without `finalize`. */
  readonly #exit = (code: number): void => {
    if (this.#closed) return;
    if (code !== 0) {
      this.fail(new Error(`its program has ended with exit code ${code}`));
      return;
    }
    this.#options.leave();
  };

  /** The launcher ends the job. */
  readonly #terminated = (): void => {
    const { rank, size } = this.#options;
    const gone = this.#known === null ? this.#gone() : null;
    const why = this.#known?.message ??
      (gone === null
        ? "the launcher ends the job: what it prints tells why"
        : `rank ${gone.rank} has died: its process ${gone.pid} is gone`);
    console.error(`Rank ${rank} of ${size} ends as ${why}`);
    this.#told = true;
    processNow()?.exit(143);
  };

  /**
   * Waits until all ranks leave, and watches no longer. Where another one fails
   * meanwhile, the job ends.
   *
   * @param linger Milliseconds in which messages go on then.
   */
  leave(linger: number): void {
    if (this.#closed) return;
    const { mpi, comm, size } = this.#options;
    this.#tell("left", "its program is over");
    const together = new Request(mpi, "leave", []);
    mpi.call("MPI_Ibarrier", comm, together.address);
    const over = () =>
      together.done() && this.#left.length === size - 1 &&
      this.#outbox.every((request) => request.done());
    while (!over()) {
      this.#listen("leave");
      if (this.#known !== null) this.fail(this.#known);
      mpi.library.libc.usleep(PAUSE);
    }
    const end = performance.now() + linger;
    while (performance.now() < end) {
      this.#receiving.done();
      mpi.library.libc.usleep(PAUSE);
    }
    this.#close();
  }

  #close(): void {
    this.#closed = true;
    const { mpi } = this.#options;
    mpi.call("MPI_Cancel", this.#receiving.address);
    mpi.call("MPI_Request_free", this.#receiving.address);
    processNow()?.off("exit", this.#exit);
    processNow()?.off("SIGTERM", this.#terminated);
    processNow()?.off("uncaughtExceptionMonitor", this.#uncaught);
    processNow()?.off("unhandledRejection", this.#uncaught);
  }
}

/** What an error says, in one line. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return `${cause.name}: ${cause.message}`;
}
