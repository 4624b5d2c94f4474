#!/usr/bin/env bash
# PyTorch 1.13, as Debian 12 has it (python3-torch).
# Guess: a step after scheduler.step() goes by the learning rate that the schedule
# has set, as with every other optimizer. Seen: ASGD finds the rate of a step at
# the end of the one before, so that each change of a schedule counts one step
# late.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13"), torch.__version__'
cat > seen.py << 'EOF'
import torch

for name in "SGD", "ASGD":
    p = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    # Without decays both step by the learning rate.
    decays = {"lambd": 0, "alpha": 0} if name == "ASGD" else {}
    optimizer = getattr(torch.optim, name)([p], lr=1.0, **decays)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    steps = []
    for _ in range(6):
        before = p.item()
        optimizer.zero_grad()
        p.sum().backward()
        optimizer.step()
        schedule.step()
        steps.append(before - p.item())
    print(name, *steps)
EOF
cat > expected.txt << 'EOF'
SGD 1.0 1.0 0.5 0.5 0.25 0.25
ASGD 1.0 1.0 1.0 0.5 0.5 0.25
EOF
/usr/bin/python3 seen.py > seen.txt
diff expected.txt seen.txt
echo "As described: torch-asgd-schedule"
