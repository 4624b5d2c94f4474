#!/usr/bin/env bash
# simple-statistics 7.12.1, Node 20.
# Guess: errorFunction(x) is 2 x / sqrt(pi) near 0 and has the sign of x, and the
# normal distribution function has several digits. Seen: errorFunction(1e-8) is
# negative, and cumulativeStdNormalProbability is a table of hundredths that ends
# at 0.999: a value at five deviations counts as one in a thousand, not as one in
# three millions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts simple-statistics@7.12.1 > /dev/null
cat > seen.mjs << 'EOF'
import { cumulativeStdNormalProbability, errorFunction } from "simple-statistics";
console.log(Math.sign(errorFunction(1e-8)), errorFunction(0.5).toFixed(6));
console.log(cumulativeStdNormalProbability(1.96), cumulativeStdNormalProbability(5));
EOF
cat > expected.txt << 'EOF'
-1 0.520500
0.975 0.999
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: simple-statistics-error-function"
