#!/usr/bin/env bash
# MPICH 4.0.2 and Open MPI 4.1.4, of Debian 12 (mpich libmpich-dev openmpi-bin
# libopenmpi-dev gcc), four ranks.
# Guess: after MPI_Allreduce every rank holds the same value, whatever MPI_MAX
# makes of a NaN among the numbers. Seen: under MPICH each rank compares in an
# order of its own: where rank 3 gives a NaN and the others 0, 1 and 2, the four
# hold nan, 2, 1 and 2, so that they part at a condition on it. Under Open MPI
# they agree, but by no rule: on nan where rank 0 gives it, on the largest number
# where rank 1 does, and on 1, which is not the largest, where rank 2 does.
set -euo pipefail
mpirun.mpich --version | grep -q '4\.0\.2'
mpirun.openmpi --version | grep -q '4\.1\.4'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > seen.c << 'EOF'
#include <math.h>
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
  int rank;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int who = 0; who < 4; who++) {
    float mine = rank == who ? NAN : rank, most, all[4];
    MPI_Allreduce(&mine, &most, 1, MPI_FLOAT, MPI_MAX, MPI_COMM_WORLD);
    MPI_Gather(&most, 1, MPI_FLOAT, all, 1, MPI_FLOAT, 0, MPI_COMM_WORLD);
    if (rank == 0) printf("NaN of rank %d: %g %g %g %g\n", who, all[0], all[1], all[2], all[3]);
  }
  MPI_Finalize();
}
EOF
cat > expected.txt << 'EOF'
mpich
NaN of rank 0: 3 3 3 nan
NaN of rank 1: 3 3 nan 3
NaN of rank 2: 3 nan 3 1
NaN of rank 3: nan 2 1 2
openmpi
NaN of rank 0: nan nan nan nan
NaN of rank 1: 3 3 3 3
NaN of rank 2: 1 1 1 1
NaN of rank 3: 2 2 2 2
EOF
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
for mpi in mpich openmpi; do
  mpicc.$mpi -O1 seen.c -o seen
  echo $mpi
  case $mpi in
    mpich) mpirun.mpich -np 4 ./seen ;;
    openmpi) mpirun.openmpi --oversubscribe -np 4 ./seen ;;
  esac
done > seen.txt
diff expected.txt seen.txt
echo "As described: mpi-maximum-of-nan"
