#!/usr/bin/env bash
# js-pytorch 0.7.2, Node 20.
# Guess: optim.Adam is the method of Kingma and Ba (2015): the first step is the
# learning rate, 0.1, and so are later ones where the gradient stays the same.
# Seen: both moments begin at 0 and are not corrected for it: the steps are 0.316,
# 0.425 and 0.495, and depend on where in training they are taken.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts js-pytorch@0.7.2 > /dev/null
cat > seen.mjs << 'EOF'
import { torch } from "js-pytorch";
const layer = new torch.nn.Linear(1, 1, "cpu", false);
const optimizer = new torch.optim.Adam(layer.parameters(), 0.1, 0, [0.9, 0.999], 1e-8);
let before = layer.W.data[0][0];
for (let step = 1; step <= 3; step++) {
  layer.forward(torch.tensor([[2]])).sum().backward(); // the gradient is 2
  optimizer.step();
  optimizer.zero_grad();
  console.log("step", step, (before - layer.W.data[0][0]).toFixed(3));
  before = layer.W.data[0][0];
}
EOF
cat > expected.txt << 'EOF'
step 1 0.316
step 2 0.425
step 3 0.495
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: js-pytorch-adam"
