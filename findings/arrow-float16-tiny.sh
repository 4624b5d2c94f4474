#!/usr/bin/env bash
# apache-arrow 21.2.0, Node 20.
# Guess: a number too small for float16 becomes 0 (or the smallest subnormal), and
# ties go to even. Seen: 1e-8 becomes -Infinity and 1e-10 becomes 5.3e-5, so a
# column of small gradients comes back with infinities; 2049, which is half way
# between two float16, goes up to 2050 instead of to the even 2048.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts apache-arrow@21.2.0 > /dev/null
cat > seen.mjs << 'EOF'
import { Float16, vectorFromArray } from "apache-arrow";
const stored = (...x) => [...vectorFromArray(x, new Float16())].join(" ");
console.log(stored(1e-8, -1e-8, 1e-10));
console.log(stored(6e-8, 65504, 2049, 2051));
EOF
cat > expected.txt << 'EOF'
-Infinity -Infinity 0.00005316734313964844
5.960464477539063e-8 65504 2050 2052
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: arrow-float16-tiny"
