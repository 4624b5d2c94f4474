#!/usr/bin/env bash
# mat-for-js 1.1.0, SciPy 1.10.1 for the file (python3-scipy of Debian 12), Node 20.
# Guess: an array of three dims of a .mat file has its elements where MATLAB and
# SciPy have them. Seen: those of two dims have; of 2 x 3 x 4 the numbers come in
# an order that is neither by rows nor by columns: the first row 0, 1, 2, 3
# is 0, 16, 1, 17. Bools come back as 0 and 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts mat-for-js@1.1.0 > /dev/null
/usr/bin/python3 - << 'PYTHON'
import numpy, scipy, scipy.io
assert scipy.__version__ == "1.10.1", scipy.__version__
cube = numpy.arange(24.0).reshape(2, 3, 4)
scipy.io.savemat("a.mat", {"cube": cube, "square": cube[0], "bools": cube[0, :1] > 1})
PYTHON
cat > seen.mjs << 'EOF'
import { readFileSync } from "node:fs";
import { read } from "mat-for-js";
const { cube, square, bools } = read(Uint8Array.from(readFileSync("a.mat")).buffer).data;
console.log("square", JSON.stringify(square), "bools", JSON.stringify(bools));
for (const part of cube) console.log("cube", JSON.stringify(part));
EOF
cat > expected.txt << 'EOF'
square [[0,1,2,3],[4,5,6,7],[8,9,10,11]] bools [0,0,1,1]
cube [[0,16,1,17],[4,20,5,21],[8,13,9,14]]
cube [[12,8,13,9],[16,1,17,2],[20,5,21,6]]
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: mat-for-js-three-dims"
