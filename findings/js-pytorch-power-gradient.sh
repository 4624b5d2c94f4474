#!/usr/bin/env bash
# js-pytorch 0.7.2, Node 20.
# Guess: the gradient of pow(x, n) is n times x to the power n - 1. Seen: it is 2 x
# for every n: of the cube of -2 it is -4 and not 12, of the root of 4 it is 8 and
# not 0.25. Gradients of sqrt, exp, log and products are right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts js-pytorch@0.7.2 > /dev/null
cat > seen.mjs << 'EOF'
import { torch } from "js-pytorch";
const gradient = (f, values) => {
  const x = torch.tensor([values], true);
  f(x).sum().backward();
  return x.grad.flat().join();
};
console.log("square", gradient((x) => torch.pow(x, 2), [1, -2, 4]));
console.log("cube", gradient((x) => torch.pow(x, 3), [1, -2, 4]));
console.log("power of one half", gradient((x) => torch.pow(x, 0.5), [1, 4]));
console.log("sqrt", gradient((x) => torch.sqrt(x), [1, 4]));
EOF
cat > expected.txt << 'EOF'
square 2,-4,8
cube 2,-4,8
power of one half 2,8
sqrt 0.5,0.25
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: js-pytorch-power-gradient"
