#!/usr/bin/env bash
# dataframe-js 1.4.4, Node 20.
# Guess: missing values are left out of all statistics of a column, or of none.
# Seen: mean, sum and deviation leave null and NaN out, min and max take null for
# 0: a column of 3, null, 5 has the minimum 0, and of -3, null, -5 the maximum 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts dataframe-js@1.4.4 > /dev/null
cat > seen.mjs << 'EOF'
import { DataFrame } from "dataframe-js";
for (const values of [[3, null, 5], [-3, null, -5], [3, NaN, 5]]) {
  const { stat } = new DataFrame(values.map((x) => [x]), ["x"]);
  console.log(String(values.map(String)), "mean", stat.mean("x"), "min", stat.min("x"), "max", stat.max("x"));
}
EOF
cat > expected.txt << 'EOF'
3,null,5 mean 4 min 0 max 5
-3,null,-5 mean -4 min -5 max 0
3,NaN,5 mean 4 min 3 max 5
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: dataframe-js-missing"
