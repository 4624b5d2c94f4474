/**
 * What the pickle of a PyTorch file may name: a few constructors, and the types
 * of storages. Everything else is found unknown.
 *
 * @module
 */
import type { ElementType } from "../_element.ts";
import type { DataFormatError } from "../errors.ts";
import { Dict, Global, Inert, type PickleHost } from "./_pickle.ts";

/** A storage: the elements of one file of the archive. */
export interface StorageRef {
  readonly key: string;
  /** `null` where the elements have no counterpart here. */
  readonly type: ElementType | null;
  /** Elements, or bytes where it says nothing of them. */
  readonly length: number;
  /** True where the file says nothing of the elements. */
  readonly untyped: boolean;
}

/** A tensor as the pickle describes it: elements of a storage, with strides. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly type: ElementType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** The element types by the names of PyTorch's dtypes. */
const DTYPES: { readonly [name: string]: ElementType } = {
  bool: "bool",
  uint8: "uint8",
  int8: "int8",
  uint16: "uint16",
  int16: "int16",
  uint32: "uint32",
  int32: "int32",
  uint64: "uint64",
  int64: "int64",
  float16: "float16",
  bfloat16: "bfloat16",
  float32: "float32",
  float64: "float64",
  float8_e4m3fn: "float8_e4m3",
  float8_e5m2: "float8_e5m2",
  float8_e4m3fnuz: "float8_e4m3fnuz",
  float8_e5m2fnuz: "float8_e5m2fnuz",
};

/** The dtypes that PyTorch has beside. */
const OTHER_DTYPES = ["complex32", "complex64", "complex128"];

/** The element types by the names of PyTorch's storages. */
const STORAGES: { readonly [name: string]: ElementType | null } = {
  BoolStorage: "bool",
  ByteStorage: "uint8",
  CharStorage: "int8",
  ShortStorage: "int16",
  IntStorage: "int32",
  LongStorage: "int64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  FloatStorage: "float32",
  DoubleStorage: "float64",
  ComplexFloatStorage: null,
  ComplexDoubleStorage: null,
};

const CALLS = {
  "collections.OrderedDict": orderedDict,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildTensorOfDType,
  "torch._utils._rebuild_parameter": first,
  "torch._utils._rebuild_parameter_with_state": first,
  "torch.Size": first,
  "torch.device": device,
  "_codecs.encode": encode,
  "__builtin__.set": set,
  "builtins.set": set,
  "__builtin__.frozenset": set,
  "builtins.frozenset": set,
  "__builtin__.bytearray": byteArray,
  "builtins.bytearray": byteArray,
} as const satisfies {
  [name: string]: (args: readonly unknown[], fail: Fail) => unknown;
};

type Fail = (why: string) => DataFormatError;

/** A dtype of PyTorch, which is a value as well. */
class DTypeName extends Global {}

/** The host of the pickle in a PyTorch file. */
export class TorchHost implements PickleHost {
  /** The names that are not on the list. */
  readonly unknown: Set<string> = new Set();
  readonly fail: Fail;
  readonly #storages = new Map<string, StorageRef>();

  constructor(fail: Fail) {
    this.fail = fail;
  }

  global(name: string): unknown {
    if (Object.hasOwn(CALLS, name)) return new Global(name);
    const own = /^torch\.(?:storage\.)?(\w+)$/.exec(name)?.[1] ?? "";
    if (Object.hasOwn(DTYPES, own) || OTHER_DTYPES.includes(own)) {
      return new DTypeName(name);
    }
    if (Object.hasOwn(STORAGES, own) || own === "UntypedStorage") {
      return new Global(name);
    }
    this.unknown.add(name);
    return new Inert();
  }

  call(name: string, args: readonly unknown[]): unknown {
    if (!Object.hasOwn(CALLS, name)) {
      throw this.fail(`its pickle calls ${name}, which is not a function`);
    }
    if (args.some((arg) => arg instanceof Inert)) return new Inert();
    try {
      return CALLS[name as keyof typeof CALLS](args, this.fail);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.unknown.add(error.message);
      return new Inert();
    }
  }

  /** `("storage", type, key, device, length)`. */
  persistent(id: unknown): unknown {
    if (!Array.isArray(id) || id[0] !== "storage") {
      throw this.fail("its pickle refers to something that is not a storage");
    }
    const [, kind, key, , length] = id as unknown[];
    if (kind instanceof Inert) return kind;
    if (
      !(kind instanceof Global) || typeof key !== "string" || !isCount(length)
    ) throw this.fail("its pickle describes a storage that is not sound");
    const name = kind.name.split(".").at(-1)!;
    const untyped = name === "UntypedStorage";
    const type = untyped ? "uint8" : STORAGES[name];
    if (type === undefined) {
      throw this.fail(`its pickle takes ${kind.name} for a type of storage`);
    }
    // One object for each storage, so that who shares it is seen.
    const own = `${name}/${key}`;
    const known = this.#storages.get(own);
    if (known !== undefined && known.length === length) return known;
    const storage: StorageRef = { key, type, length, untyped };
    this.#storages.set(own, storage);
    return storage;
  }
}

/** Something that PyTorch can store and no tensor here can hold. */
class Unsupported extends Error {}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function isStorage(value: unknown): value is StorageRef {
  return typeof value === "object" && value !== null && "untyped" in value;
}

/** A dictionary, empty or of pairs. */
function orderedDict(args: readonly unknown[], fail: Fail): Dict {
  const dict = new Dict();
  const pairs = args[0] ?? [];
  if (!Array.isArray(pairs)) {
    throw fail("its pickle has an OrderedDict of no pairs");
  }
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw fail("its pickle has an OrderedDict of no pairs");
    }
    dict.entries.set(pair[0], pair[1]);
  }
  return dict;
}

/** `(storage, offset, shape, strides, requiresGrad, hooks)`. */
function rebuildTensor(args: readonly unknown[], fail: Fail): TensorRef {
  const [storage] = args;
  if (!isStorage(storage)) throw fail("its pickle has a tensor of no storage");
  if (storage.type === null) {
    throw new Unsupported("a tensor of complex numbers");
  }
  return tensorRef(storage, storage.type, args, fail);
}

/** The same, with a dtype after the hooks. */
function rebuildTensorOfDType(args: readonly unknown[], fail: Fail): TensorRef {
  const [storage, , , , , , dtype] = args;
  if (!isStorage(storage) || !(dtype instanceof DTypeName)) {
    throw fail("its pickle has a tensor of no storage or dtype");
  }
  const name = dtype.name.slice("torch.".length);
  const type = DTYPES[name];
  if (type === undefined) throw new Unsupported(`a tensor of ${name}`);
  return tensorRef(storage, type, args, fail);
}

function tensorRef(
  storage: StorageRef,
  type: ElementType,
  [, offset, shape, strides]: readonly unknown[],
  fail: Fail,
): TensorRef {
  if (
    !isCount(offset) || !isCounts(shape) || !isCounts(strides) ||
    shape.length !== strides.length
  ) throw fail("its pickle has a tensor whose shape or strides are not sound");
  return new TensorRef(storage, type, offset, shape, strides);
}

function first([value]: readonly unknown[]): unknown {
  return value ?? null;
}

/** `torch.device("cuda", 0)` as text. */
function device(args: readonly unknown[]): string {
  return args.join(":");
}

/** Bytes as protocol 2 writes them: as the characters of Latin-1. */
function encode([text, encoding]: readonly unknown[], fail: Fail): Uint8Array {
  if (typeof text !== "string" || encoding !== "latin1") {
    throw fail("its pickle encodes what is not text in Latin-1");
  }
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function set([items]: readonly unknown[], fail: Fail): Set<unknown> {
  if (!Array.isArray(items)) throw fail("its pickle has a set of no items");
  return new Set(items);
}

function byteArray([bytes]: readonly unknown[], fail: Fail): Uint8Array {
  if (bytes === undefined) return new Uint8Array();
  if (!(bytes instanceof Uint8Array)) {
    throw fail("its pickle has a bytearray of no bytes");
  }
  return bytes;
}

/** The text of a dtype that stands for itself, or `undefined`. */
export function dtypeText(value: unknown): string | undefined {
  return value instanceof DTypeName ? value.name : undefined;
}

/** True for a storage that stands for itself. */
export { isStorage };
