#!/usr/bin/env bash
# PyTorch 1.13, as Debian 12 has it (python3-torch).
# Guess: second derivatives through weight_norm are right, or refused, as those of
# cdist are. Seen: for dim 0, the default, and for the last dim, where one fused
# kernel does it, the first ones are exact and the second ones (a penalty on
# gradients) wrong by half of themselves and more, without a word; for a dim
# between they are exact.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13"), torch.__version__'
cat > seen.py << 'EOF'
import torch
from torch.nn.utils import weight_norm

torch.manual_seed(0)

def derivatives(weight, v):
    factors = torch.arange(1.0, 1 + v.numel(), dtype=v.dtype).view_as(v)
    (first,) = torch.autograd.grad((weight**2 * factors).sum(), v, create_graph=True)
    (second,) = torch.autograd.grad((first**2).sum(), v)
    return first.detach(), second

for dim in range(3):
    layer = torch.nn.Conv1d(3, 2, 4).double()
    weight_norm(layer, dim=dim)
    layer(torch.zeros(1, 3, 4, dtype=torch.float64))
    v, g = layer.weight_v, layer.weight_g
    others = [d for d in range(3) if d != dim]
    plain = v * (g / v.norm(dim=others, keepdim=True))
    pairs = zip(derivatives(layer.weight, v), derivatives(plain, v))
    print("dim", dim, *["right" if (a - b).norm() < 1e-9 * b.norm() else "wrong" for a, b in pairs])
EOF
cat > expected.txt << 'EOF'
dim 0 right wrong
dim 1 right right
dim 2 right wrong
EOF
/usr/bin/python3 seen.py > seen.txt
diff expected.txt seen.txt
echo "As described: torch-weight-norm-second-order"
