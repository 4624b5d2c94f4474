/**
 * Backends by name, and the one in use.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { type Device, EagerDevice } from "./device.ts";
import { DeviceError } from "./errors.ts";
import { loadRoutines } from "./late_routines.ts";
import { checkCount } from "./options.ts";
import { currentTask, type Task } from "./task.ts";

/**
 * Opens a backend, synchronously or by a promise; throws if it cannot be
 * opened.
 *
 * @example A backend with options under a name of its own
 * ```ts
 * import { type OpenBackend, registerBackend } from "@tenfold/tenfold";
 * import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
 *
 * const open: OpenBackend = () => cpuTypedArray({ codegen: false });
 * registerBackend("closures", open);
 * ```
 */
export type OpenBackend = () => Backend | Promise<Backend>;

/**
 * One entry of {@linkcode listBackends}.
 *
 * @example The backends that are available
 * ```ts
 * import { assert } from "@std/assert";
 * import { type BackendStatus, listBackends } from "@tenfold/tenfold";
 *
 * const names = (await listBackends())
 *   .filter(({ available }: BackendStatus) => available)
 *   .map(({ name }) => name);
 * assert(names.includes("cpu-typedarray"));
 * ```
 */
export interface BackendStatus {
  /** The name that `setBackend` takes. */
  readonly name: string;
  /** False if it is known to be unavailable here. */
  readonly available: boolean;
  /** Why it is not available, or what it lacks. */
  readonly reason?: string;
}

interface Registration {
  readonly open: OpenBackend;
  readonly probe: (() => string | null) | undefined;
  device: Device | null;
  /** While it is being opened: all who ask then get the same device. */
  opening: Promise<Device> | null;
  failure: string | null;
}

const registrations = new Map<string, Registration>();
const devices = new WeakMap<Backend, Device>();
let preferred: string | null = null;

/**
 * Registers a backend under a name.
 *
 * @param name The name that `setBackend` takes.
 * @param open Opens the backend when it is first used.
 * @param options `probe` says, without opening it, why it is not available
 * here, or null; `preferred` makes it the default of programs that choose none.
 * @example Another name for a backend
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   currentBackend,
 *   registerBackend,
 *   setBackend,
 * } from "@tenfold/tenfold";
 * import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
 *
 * registerBackend("plain", () => cpuTypedArray());
 * await setBackend("plain");
 * assertEquals(currentBackend().name, "cpu-typedarray");
 * await setBackend("cpu-typedarray");
 * ```
 */
export function registerBackend(
  name: string,
  open: OpenBackend,
  options: { probe?: () => string | null; preferred?: boolean } = {},
): void {
  checkCount("registerBackend", arguments.length, 3);
  registrations.set(name, {
    open,
    probe: options.probe,
    device: null,
    opening: null,
    failure: null,
  });
  if (options.preferred || preferred === null) preferred = name;
}

function registrationOf(name: string): Registration {
  const registration = registrations.get(name);
  if (registration) return registration;
  throw new DeviceError(`Cannot find backend "${name}": ${knownNames()}`);
}

/** What can be asked for instead of a name that is not known. */
function knownNames(): string {
  const known = [...registrations.keys()];
  return known.length > 0
    ? `the known ones are ${known.join(", ")}`
    : "none is registered, import @tenfold/tenfold or call registerBackend first";
}

/** Remembers why a backend could not be opened, and says it. */
function unavailable(
  name: string,
  registration: Registration,
  error: unknown,
): DeviceError {
  const why = error instanceof Error ? error.message : String(error);
  registration.failure = why;
  return new DeviceError(`Cannot open backend "${name}": ${why}`, {
    cause: error,
  });
}

/** The device of a backend; the same one each time. */
export function deviceOf(backend: Backend): Device {
  let device = devices.get(backend);
  if (!device) devices.set(backend, device = new EagerDevice(backend));
  return device;
}

/**
 * Opens a backend that is known by name, or gives the one already open.
 *
 * @example A backend by name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openDevice } from "@tenfold/core/internal";
 *
 * const device = await openDevice("cpu-typedarray");
 * assertEquals(device.name, "cpu-typedarray");
 * ```
 */
export async function openDevice(
  target: string | Backend | Device,
): Promise<Device> {
  const device = await openedDevice(target);
  const { backend } = device;
  await Promise.all([backend.ready, loadRoutines(backend)]);
  return device;
}

function openedDevice(
  target: string | Backend | Device,
): Device | Promise<Device> {
  if (typeof target !== "string") return asDevice(target);
  const registration = registrationOf(target);
  if (registration.device && !registration.device.backend.lost) {
    return registration.device;
  }
  return registration.opening ??= open(target, registration);
}

async function open(
  name: string,
  registration: Registration,
): Promise<Device> {
  try {
    registration.device = deviceOf(await registration.open());
    registration.failure = null;
    return registration.device;
  } catch (error) {
    throw unavailable(name, registration, error);
  } finally {
    registration.opening = null;
  }
}

function asDevice(target: Backend | Device): Device {
  return "apply" in target ? target : deviceOf(target);
}

/** The device that a synchronous call names. */
export function deviceNow(target: string | Backend | Device): Device {
  if (typeof target !== "string") return asDevice(target);
  const registration = registrationOf(target);
  if (registration.device && !registration.device.backend.lost) {
    return registration.device;
  }
  const opened = registration.opening ?? openNow(target, registration);
  if (!(opened instanceof Promise)) {
    return registration.device = deviceOf(opened);
  }
  throw new DeviceError(
    `Cannot open backend "${target}" without waiting: call await setBackend("${target}") first`,
  );
}

/** Opens a backend; of one that must be waited for, the attempt is given up. */
function openNow(
  name: string,
  registration: Registration,
): Backend | Promise<Backend> {
  try {
    const opened = registration.open();
    if (opened instanceof Promise) {
      opened.then((backend) => backend.dispose?.(), () => {});
    }
    return opened;
  } catch (error) {
    throw unavailable(name, registration, error);
  }
}

/**
 * Sets the backend of tensors that are created from now on. Of several
 * concurrent calls the last one wins, in whichever order they finish.
 *
 * In a function that is called by `tidy`, `noGrad` and the like, or by `fit`,
 * the choice applies until that call ends, where the runtime can tell tasks
 * apart (Deno, Bun, Node).
 *
 * @param target A registered name, or a backend of your own.
 * @throws {DeviceError} If the name is unknown (the message lists the known
 * ones) or the backend cannot be opened (the message says why).
 * @example Choose while the program runs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, setBackend } from "@tenfold/tenfold";
 *
 * await setBackend("cpu-typedarray");
 * assertEquals(ones([2]).device.name, "cpu-typedarray");
 * ```
 */
export async function setBackend(target: string | Backend): Promise<void> {
  checkCount("setBackend", arguments.length, 1);
  const task = currentTask();
  const turn = ++asked;
  const device = await openDevice(target);
  if (turn < task.deviceAsked) return;
  task.deviceAsked = turn;
  task.device = device;
}

/** How often `setBackend` was called. */
let asked = 0;

/** The nearest task that has chosen a device, or the program itself. */
function choosingTask(): Task {
  let task = currentTask();
  while ((task.device === null || task.ended) && task.parent !== null) {
    task = task.parent;
  }
  return task;
}

/** The device that tensors that name none will have, if it was chosen yet. */
export function chosenDevice(): Device | null {
  return choosingTask().device;
}

/**
 * The device of tensors that are created without the option `device`; opens the
 * preferred one if needed.
 *
 * @example Where new tensors are
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { currentDevice, setBackend, zeros } from "@tenfold/tenfold";
 *
 * await setBackend("cpu-typedarray");
 * assertEquals(currentDevice().name, "cpu-typedarray");
 * assertEquals(zeros([2]).device, currentDevice());
 * ```
 */
export function currentDevice(): Device {
  checkCount("ask for the current device", arguments.length, 0);
  const task = choosingTask();
  const current = task.device;
  if (current && !current.backend.lost) return current;
  if (current?.backend.lost) {
    throw new DeviceError(
      `Cannot use backend "${current.name}" as its device was lost: call await setBackend("${current.name}") to open a new one`,
    );
  }
  const wanted = environmentBackend() ?? preferred;
  if (wanted === null) {
    throw new DeviceError(
      "Cannot make a tensor as no backend is registered: import @tenfold/tenfold, or call registerBackend and await setBackend",
    );
  }
  return task.device = deviceNow(wanted);
}

/**
 * The backend of tensors that are created without the option `device`.
 *
 * @example Its name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { currentBackend, setBackend } from "@tenfold/tenfold";
 *
 * await setBackend("cpu-typedarray");
 * assertEquals(currentBackend().name, "cpu-typedarray");
 * ```
 */
export function currentBackend(): Backend {
  checkCount("ask for the current backend", arguments.length, 0);
  return currentDevice().backend;
}

/**
 * Opens the backend that the environment variable `TENFOLD_BACKEND` names, if
 * it is set and may be read; does nothing otherwise.
 *
 * @throws {DeviceError} If no backend has the name (the message lists the known
 * ones), or it cannot be opened (the message says why).
 *
 * @example Where a program begins
 * ```ts
 * import { backendFromEnvironment } from "@tenfold/core/internal";
 *
 * await backendFromEnvironment();
 * ```
 */
export async function backendFromEnvironment(): Promise<void> {
  checkCount("backendFromEnvironment", arguments.length, 0);
  const name = environmentBackend();
  if (name !== null) await setBackend(name);
}

const VARIABLE = "TENFOLD_BACKEND";

/**
 * The backend that the environment asks for, or null where it asks for none.
 *
 * @throws {DeviceError} If there is none of that name.
 */
function environmentBackend(): string | null {
  const name = environmentVariable(VARIABLE);
  if (name === null || registrations.has(name)) return name;
  throw new DeviceError(
    `Cannot use the backend "${name}" that the environment variable ${VARIABLE} asks for: ${knownNames()}`,
  );
}

/**
 * A variable, or null where it is unset, empty or may not be read.
 *
 * @example One that is not set
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { environmentVariable } from "@tenfold/core/internal";
 *
 * assertEquals(environmentVariable("TENFOLD_UNKNOWN"), null);
 * ```
 */
export function environmentVariable(variable: string): string | null {
  const runtime = globalThis as {
    Deno?: {
      permissions: {
        querySync(d: { name: "env"; variable: string }): { state: string };
      };
      env: { get(name: string): string | undefined };
    };
    process?: { env?: Record<string, string | undefined> };
  };
  const { Deno: deno } = runtime;
  if (deno) {
    // Asked beforehand, so that no prompt appears for a mere default.
    const { state } = deno.permissions.querySync({ name: "env", variable });
    return state === "granted" ? deno.env.get(variable) || null : null;
  }
  // Deno has it too, but loads much of Node for it.
  return runtime.process?.env?.[variable] || null;
}

/**
 * The registered backends and whether they can be used here, as far as that is
 * known without opening them.
 *
 * @example Print what there is
 * ```ts
 * import { assert } from "@std/assert";
 * import { listBackends } from "@tenfold/tenfold";
 *
 * assert(
 *   listBackends().some((b) => b.name === "cpu-typedarray" && b.available),
 * );
 * ```
 */
export function listBackends(): BackendStatus[] {
  checkCount("listBackends", arguments.length, 0);
  return [...registrations].map(([name, registration]) => {
    if (registration.device && !registration.device.backend.lost) {
      const { notice } = registration.device.backend;
      return { name, available: true, ...(notice ? { reason: notice } : {}) };
    }
    const reason = registration.failure ?? registration.probe?.() ?? null;
    return reason === null
      ? { name, available: true }
      : { name, available: false, reason };
  });
}

/**
 * Opens every registered backend once, then lists them.
 *
 * @example Which can be opened here
 * ```ts
 * import { assert } from "@std/assert";
 * import { probeBackends } from "@tenfold/tenfold";
 *
 * const backends = await probeBackends();
 * assert(backends.some((b) => b.name === "cpu-typedarray" && b.available));
 * ```
 */
export async function probeBackends(): Promise<BackendStatus[]> {
  checkCount("probeBackends", arguments.length, 0);
  for (const name of registrations.keys()) {
    // The failure is remembered and listed.
    await openDevice(name).catch(() => {});
  }
  return listBackends();
}
