#!/usr/bin/env bash
# ml-matrix 6.15.1, Node 20.
# Guess: mmulStrassen gives the product of mmul to rounding. Seen: so it does up
# to 512 rows; above, two of the four blocks of the result stand in each other's
# place, and of an even size too. The product of two diagonal matrices is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-matrix@6.15.1 > /dev/null
cat > seen.mjs << 'EOF'
import { Matrix } from "ml-matrix";
for (const size of [512, 514, 600]) {
  // One 1 in the upper right quarter, so that the product with the identity has it there.
  const a = Matrix.zeros(size, size).set(1, size - 2, 1);
  const product = a.mmulStrassen(Matrix.eye(size));
  console.log(size, "at its place:", product.get(1, size - 2), "below:", product.get(size / 2 + 1, size / 2 - 2));
}
EOF
cat > expected.txt << 'EOF'
512 at its place: 1 below: 0
514 at its place: 0 below: 1
600 at its place: 0 below: 1
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-matrix-strassen"
