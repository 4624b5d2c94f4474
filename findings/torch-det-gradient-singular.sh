#!/usr/bin/env bash
# PyTorch 1.13, as Debian 12 has it (python3-torch).
# Guess: the gradient of a determinant is the matrix of cofactors, also where the
# determinant is 0: of the matrix 1 2 / 2 4 it is 4 -2 / -2 1. Seen: it is 0
# there, and jumps to the right one where an entry is changed by a ten-thousandth:
# a step away from singular matrices is never taken.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13"), torch.__version__'
cat > seen.py << 'EOF'
import torch

def gradient(rows):
    x = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    torch.linalg.det(x).backward()
    return [[f"{v:.2f}" for v in row] for row in (x.grad + 0.0).tolist()]

print("singular", gradient([[1, 2], [2, 4]]))
print("nearly  ", gradient([[1, 2], [2, 4.0001]]))
print("rank 2 of 3", gradient([[1, 2, 3], [4, 5, 6], [5, 7, 9]]))
EOF
cat > expected.txt << 'EOF'
singular [['0.00', '0.00'], ['0.00', '0.00']]
nearly   [['4.00', '-2.00'], ['-2.00', '1.00']]
rank 2 of 3 [['0.00', '0.00', '0.00'], ['0.00', '0.00', '0.00'], ['0.00', '0.00', '0.00']]
EOF
/usr/bin/python3 seen.py > seen.txt
diff expected.txt seen.txt
echo "As described: torch-det-gradient-singular"
