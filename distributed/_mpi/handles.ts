/**
 * What the handles and constants of each kind of MPI are. The standard before
 * version 5 leaves them to the implementation.
 *
 * @module
 */
import type { ForeignType } from "@tenfold/core/foreign";

/** The kinds of MPI that differ in their handles. */
export type Flavour = "Open MPI" | "MPICH" | "MPI ABI";

/** Handles and constants, as numbers. */
export interface Handles {
  /** How handles are passed: addresses of objects, or integers. */
  readonly type: ForeignType;
  readonly world: number;
  readonly errorsReturn: number;
  readonly byte: number;
  readonly float: number;
  readonly double: number;
  readonly int: number;
  readonly sum: number;
  readonly max: number;
  readonly min: number;
  readonly inPlace: number;
  readonly statusIgnore: number;
  readonly anySource: number;
}

/** MPICH and those with its ABI (Intel MPI, MVAPICH, Cray): integers. */
const MPICH: Handles = {
  type: "i32",
  world: 0x44000000,
  errorsReturn: 0x54000001,
  byte: 0x4c00010d,
  float: 0x4c00040a,
  double: 0x4c00080b,
  int: 0x4c000405,
  max: 0x58000001,
  min: 0x58000002,
  sum: 0x58000003,
  inPlace: -1,
  statusIgnore: 1,
  anySource: -2,
};

/** The ABI of MPI 5.0, chapter 20: small constants in the place of addresses. */
const ABI: Handles = {
  type: "address",
  world: 0x101,
  errorsReturn: 0x143,
  byte: 0x247,
  float: 0x210,
  double: 0x214,
  int: 0x209,
  sum: 0x21,
  min: 0x22,
  max: 0x23,
  inPlace: 1,
  statusIgnore: 0,
  anySource: -1,
};

/**
 * The handles of an open library.
 *
 * @param symbol The address of an object of the library by its name.
 */
export function handlesOf(
  flavour: Flavour,
  symbol: (name: string) => number,
): Handles {
  if (flavour === "MPICH") return MPICH;
  if (flavour === "MPI ABI") return ABI;
  return {
    type: "address",
    world: symbol("ompi_mpi_comm_world"),
    errorsReturn: symbol("ompi_mpi_errors_return"),
    byte: symbol("ompi_mpi_byte"),
    float: symbol("ompi_mpi_float"),
    double: symbol("ompi_mpi_double"),
    int: symbol("ompi_mpi_int"),
    sum: symbol("ompi_mpi_op_sum"),
    max: symbol("ompi_mpi_op_max"),
    min: symbol("ompi_mpi_op_min"),
    inPlace: 1,
    statusIgnore: 0,
    anySource: -1,
  };
}
