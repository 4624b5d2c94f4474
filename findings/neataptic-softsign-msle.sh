#!/usr/bin/env bash
# neataptic 1.4.7, Node 20.
# Guess: each activation's derivative is that of the function, as 14 of 15 are, and
# a mean squared logarithmic error is not negative. Seen: that of SOFTSIGN is
# x / (1 + x)^2 instead of 1 / (1 + |x|)^2: negative on the left, so that training
# goes the wrong way there; and MSLE is a sum of logarithms, not squared: -33 for
# targets 1 and 0 and outputs of one half, below that of a perfect guess.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts neataptic@1.4.7 > /dev/null
cat > seen.mjs << 'EOF'
import neataptic from "neataptic";
const { activation, cost } = neataptic.methods;
for (const name of ["TANH", "SOFTSIGN"]) {
  const f = activation[name];
  for (const x of [-1.3, 0.3]) {
    console.log(name, x, "given", f(x, true).toFixed(4), "by difference", ((f(x + 1e-6) - f(x - 1e-6)) / 2e-6).toFixed(4));
  }
}
console.log("MSLE", cost.MSLE([1, 0], [0.5, 0.5]).toFixed(2), "of a perfect guess", cost.MSLE([1, 0], [1, 0]).toFixed(2));
EOF
cat > expected.txt << 'EOF'
TANH -1.3 given 0.2574 by difference 0.2574
TANH 0.3 given 0.9151 by difference 0.9151
SOFTSIGN -1.3 given -0.2457 by difference 0.1890
SOFTSIGN 0.3 given 0.1775 by difference 0.5917
MSLE -33.15 of a perfect guess 0.00
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: neataptic-softsign-msle"
