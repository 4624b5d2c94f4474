#!/usr/bin/env bash
# numpy-parser 1.2.3, NumPy 1.24 for the files (python3-numpy of Debian 12), Node 20.
# Guess: an array of one dim has a shape of one number, as in NumPy and as npyjs
# 1.2.0 reads the same file. Seen: its shape is [n, 1], that of a column, so the
# biases of a layer have two dims; a column and a vector cannot be told apart.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts numpy-parser@1.2.3 npyjs@1.2.0 > /dev/null
/usr/bin/python3 - << 'EOF'
import numpy
numpy.save("vector", numpy.array([1, 2, 3], numpy.float32))
numpy.save("column", numpy.array([[1], [2], [3]], numpy.float32))
EOF
cat > seen.mjs << 'EOF'
import { readFileSync } from "node:fs";
import npyjs from "npyjs";
import { fromArrayBuffer } from "numpy-parser";
for (const name of ["vector", "column"]) {
  const bytes = new Uint8Array(readFileSync(`${name}.npy`)).buffer;
  const { shape } = await new npyjs().parse(bytes);
  console.log(name, JSON.stringify(fromArrayBuffer(bytes).shape), "npyjs", JSON.stringify(shape));
}
EOF
cat > expected.txt << 'EOF'
vector [3,1] npyjs [3]
column [3,1] npyjs [3,1]
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: numpy-parser-one-dim"
