#!/usr/bin/env bash
# ml-cart 2.1.1, Node 20.
# Guess: a regression tree divides where the squared error falls most, so that a
# clean step is learned exactly. Seen: a division is made only where it leaves an
# error above the threshold: of a clean step the mean of all is predicted
# everywhere, and with a little noise in it both levels are learned.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-cart@2.1.1 > /dev/null
cat > seen.mjs << 'EOF'
import { DecisionTreeRegression } from "ml-cart";
const x = [0, 1, 2, 3, 10, 11, 12, 13];
const predicted = (y) => {
  const tree = new DecisionTreeRegression();
  tree.train(x, y);
  return tree.predict([1, 12]).map((value) => value.toPrecision(3)).join();
};
const noisy = [0.2, -0.2, 0.2, -0.2, 5.2, 4.8, 5.2, 4.8];
console.log("clean step", predicted([0, 0, 0, 0, 5, 5, 5, 5]));
console.log("with noise", predicted(noisy));
EOF
cat > expected.txt << 'EOF'
clean step 2.50,2.50
with noise -0.0667,4.93
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-cart-perfect-split"
