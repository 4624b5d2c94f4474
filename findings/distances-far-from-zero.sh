#!/usr/bin/env bash
# PyTorch 1.13 and scikit-learn 1.2.1, as Debian 12 has them (python3-torch,
# python3-sklearn).
# Guess: the distance of two points is right to rounding, and a point of a set is
# its own nearest neighbour. Seen: both take |a|^2 + |b|^2 - 2 a b. torch.cdist
# does so from 26 rows on: points 1 apart around 1e8 are then at distance 0, in
# float64, and around 1e4 in float32; of 25 rows all is right. scikit-learn's
# distances of times in seconds, one second apart, are wrong, and the brute search,
# its choice from 16 columns on, finds another point; the k-d tree finds the right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > seen.py << 'EOF'
import numpy as np
import sklearn
import torch
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

assert torch.__version__.startswith("1.13"), torch.__version__
assert sklearn.__version__ == "1.2.1", sklearn.__version__
for dtype, base in (("float64", 1e8), ("float32", 1e4)):
    for rows in (25, 26):
        x = base + torch.arange(rows, dtype=getattr(torch, dtype))[:, None]
        print("cdist", dtype, rows, "rows", torch.cdist(x, x)[0, 1].item())
times = 1.7e9 + np.arange(6.0)[:, None]
print("euclidean_distances", "right" if abs(euclidean_distances(times)[0, 1] - 1) < 1e-6 else "wrong")
for columns, algorithm in ((1, "kd_tree"), (1, "brute"), (16, "auto")):
    x = np.repeat(times, columns, axis=1)
    nearest = NearestNeighbors(n_neighbors=1, algorithm=algorithm).fit(x).kneighbors(x, return_distance=False)
    print(columns, algorithm, "right" if nearest[:, 0].tolist() == list(range(6)) else "wrong")
EOF
cat > expected.txt << 'EOF'
cdist float64 25 rows 1.0
cdist float64 26 rows 0.0
cdist float32 25 rows 1.0
cdist float32 26 rows 0.0
euclidean_distances wrong
1 kd_tree right
1 brute wrong
16 auto wrong
EOF
/usr/bin/python3 seen.py > seen.txt
diff expected.txt seen.txt
echo "As described: distances-far-from-zero"
