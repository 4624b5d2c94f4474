#!/usr/bin/env bash
# js-pytorch 0.7.2, Node 20.
# Guess: what has a name of PyTorch computes the same: ReLU cuts off below 0,
# MSELoss is a mean, a variance divides by n - 1, and losses of large scores are
# finite. Seen: ReLU passes a thousandth on, MSELoss is the sum (its gradient three
# times as large for three elements), the variance divides by n, and of scores of
# 1000 softmax and CrossEntropyLoss are NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts js-pytorch@0.7.2 > /dev/null
cat > seen.mjs << 'EOF'
import { torch } from "js-pytorch";
const { nn } = torch;
console.log("ReLU", new nn.ReLU().forward(torch.tensor([[-1, 2]])).data.flat().join());
console.log("MSELoss", new nn.MSELoss().forward(torch.tensor([[1, 2, 3]]), torch.tensor([[0, 0, 0]])).data.join());
console.log("variance", torch.variance(torch.tensor([[1, 2, 3, 4]])).data.join());
for (const score of [100, 1000]) {
  const scores = torch.tensor([[score, 0]]);
  console.log("softmax", score, new nn.Softmax().forward(scores, -1).data.flat().map((x) => x.toFixed(2)).join());
  console.log("CrossEntropyLoss", score, new nn.CrossEntropyLoss().forward(scores, torch.tensor([0])).data[0].toFixed(2));
}
EOF
cat > expected.txt << 'EOF'
ReLU -0.001,2
MSELoss 14
variance 1.25
softmax 100 1.00,0.00
CrossEntropyLoss 100 0.00
softmax 1000 NaN,0.00
CrossEntropyLoss 1000 NaN
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: js-pytorch-names"
