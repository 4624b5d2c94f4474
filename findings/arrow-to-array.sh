#!/usr/bin/env bash
# apache-arrow 21.2.0, Node 20.
# Guess: toArray() of a vector holds what get(i) gives. Seen: of a float16 vector
# it is the 16-bit patterns as integers; of a nullable one it holds 0 where get
# gives null, so that missing measurements enter a mean as zeros.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts apache-arrow@21.2.0 > /dev/null
cat > seen.mjs << 'EOF'
import { Float16, Float64, vectorFromArray } from "apache-arrow";
const half = vectorFromArray([1.5, -2], new Float16());
console.log(half.get(0), half.toArray().constructor.name, half.toArray().join());
const holes = vectorFromArray([1, null, 3], new Float64());
console.log(holes.get(1), holes.nullCount, holes.toArray().join());
EOF
cat > expected.txt << 'EOF'
1.5 Uint16Array 15872,49152
null 1 1,0,3
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: arrow-to-array"
