/*
 * What all_reduce.ts times, in C: an all-reduce in place of so many bytes of
 * floats. Rank 0 prints the milliseconds of each, as a line of JSON.
 *
 *     mpicc -O2 -o all_reduce all_reduce.c && mpirun -n 2 ./all_reduce 67108864 9
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

/* Calls before the clock runs. */
enum { WARM = 2 };

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, ranks;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const int length = argc > 1 ? atoi(argv[1]) / (int)sizeof(float) : 1 << 24;
  const int runs = argc > 2 ? atoi(argv[2]) : 5;
  float *data = malloc((size_t)length * sizeof(float));
  if (data == NULL) MPI_Abort(MPI_COMM_WORLD, 1);
  if (rank == 0) printf("RANK 0 [");
  for (int run = -WARM; run < runs; run++) {
    for (int i = 0; i < length; i++) data[i] = (float)(rank + 1);
    MPI_Barrier(MPI_COMM_WORLD);
    const double began = MPI_Wtime();
    MPI_Allreduce(MPI_IN_PLACE, data, length, MPI_FLOAT, MPI_SUM,
                  MPI_COMM_WORLD);
    const double ms = (MPI_Wtime() - began) * 1e3;
    const float expected = (float)(ranks * (ranks + 1) / 2);
    if (data[0] != expected || data[length - 1] != expected)
      MPI_Abort(MPI_COMM_WORLD, 2);
    if (rank == 0 && run >= 0) printf("%s%.3f", run > 0 ? "," : "", ms);
  }
  if (rank == 0) printf("]\n");
  free(data);
  MPI_Finalize();
  return 0;
}
