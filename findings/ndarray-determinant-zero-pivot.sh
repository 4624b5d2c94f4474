#!/usr/bin/env bash
# ndarray-determinant 1.0.0, ndarray-inv 0.2.0, Node 20.
# Guess: the determinant of a matrix that ndarray-inv inverts is not 0: of the
# exchange of two rows it is -1. Seen: elimination without exchange of rows ends at
# a 0 on the diagonal, and the determinant is 0, of any matrix that has one there;
# a small number in its place gives the right one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ndarray@1.0.19 ndarray-determinant@1.0.0 ndarray-inv@0.2.0 > /dev/null
cat > seen.mjs << 'EOF'
import determinant from "ndarray-determinant";
import inverse from "ndarray-inv";
import ndarray from "ndarray";
for (const [name, size, values] of [
  ["exchange", 2, [0, 1, 1, 0]],
  ["almost", 2, [1e-9, 1, 1, 0]],
  ["three", 3, [0, 2, 1, 1, 0, 3, 4, 1, 0]],
]) {
  const made = () => ndarray(Float64Array.from(values), [size, size]);
  console.log(name, determinant(made()).toFixed(3), "inverse", Array.from(inverse(made()).data, (x) => x.toFixed(2)).join());
}
EOF
cat > expected.txt << 'EOF'
exchange 0.000 inverse 0.00,1.00,1.00,0.00
almost -1.000 inverse 0.00,1.00,1.00,-0.00
three 0.000 inverse -0.12,0.04,0.24,0.48,-0.16,0.04,0.04,0.32,-0.08
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ndarray-determinant-zero-pivot"
