#!/usr/bin/env bash
# jstat 1.9.6, Node 20.
# Guess: the Poisson distribution of a mean of 200 has a density at 200 (0.0282, as
# in SciPy) and a distribution function. Seen: the density divides two numbers that
# overflow from 171 on: it is 0 or NaN, and so the distribution function NaN; the
# binomial distribution of a thousand tries, by logarithms, is right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts jstat@1.9.6 > /dev/null
cat > seen.mjs << 'EOF'
import jstat from "jstat";
const { poisson, binomial } = jstat.jStat;
for (const [at, mean] of [[100, 100], [170, 170], [171, 50], [200, 200]]) {
  console.log("poisson", at, mean, poisson.pdf(at, mean).toPrecision(4), poisson.cdf(at, mean).toPrecision(4));
}
console.log("binomial", binomial.pdf(500, 1000, 0.5).toPrecision(4), binomial.cdf(500, 1000, 0.5).toPrecision(4));
EOF
cat > expected.txt << 'EOF'
poisson 100 100 0.03986 0.5266
poisson 170 170 Infinity Infinity
poisson 171 50 0.000 1.000
poisson 200 200 NaN NaN
binomial 0.02523 0.5126
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jstat-poisson"
