#!/usr/bin/env bash
# PyTorch 1.13, as Debian 12 has it (python3-torch).
# Guess: interpolate with mode "nearest" and a factor reads the same places of
# every image, and its gradient counts how often each place was read. Seen: where
# the result is about twice as large (3 by 2.28 gives 6), images of one channel
# are read by the ratio of the sizes and others by the factor, and the gradient
# goes by the sizes for both: gradcheck fails.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13"), torch.__version__'
cat > seen.py << 'EOF'
import torch

for channels in (1, 2):
    rows = torch.tensor([0.0, 1.0, 2.0]).expand(1, channels, 3, 3)
    x = rows.contiguous().requires_grad_()
    y = torch.nn.functional.interpolate(x, scale_factor=2.28, mode="nearest")
    y[:, :, 0].sum().backward()
    gradient = x.grad[0, 0].sum(0)
    print(channels, "reads", y[0, 0, 0].int().tolist(), "gradient", gradient.tolist())
EOF
cat > expected.txt << 'EOF'
1 reads [0, 0, 1, 1, 2, 2] gradient [2.0, 2.0, 2.0]
2 reads [0, 0, 0, 1, 1, 2] gradient [2.0, 2.0, 2.0]
EOF
/usr/bin/python3 seen.py > seen.txt
diff expected.txt seen.txt
echo "As described: torch-nearest-factor"
