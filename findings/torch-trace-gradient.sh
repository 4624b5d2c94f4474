#!/usr/bin/env bash
# PyTorch 1.13, as Debian 12 has it (python3-torch).
# Guess: the gradient of a trace is 1 on the diagonal and 0 elsewhere. Seen: so it
# is for wide matrices; of a tall one there are more ones than the trace has terms:
# every (columns + 1)-th element of the whole matrix.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13"), torch.__version__'
cat > seen.py << 'EOF'
import torch

for shape in ((2, 4), (4, 2)):
    x = torch.ones(shape, requires_grad=True)
    x.trace().backward()
    print(shape, x.trace().item(), x.grad.int().tolist())
EOF
cat > expected.txt << 'EOF'
(2, 4) 2.0 [[1, 0, 0, 0], [0, 1, 0, 0]]
(4, 2) 2.0 [[1, 0], [0, 1], [0, 0], [1, 0]]
EOF
/usr/bin/python3 seen.py > seen.txt
diff expected.txt seen.txt
echo "As described: torch-trace-gradient"
