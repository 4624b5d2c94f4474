#!/usr/bin/env bash
# meyda 5.6.3, Node 20.
# Guess: spectralKurtosis is the fourth central moment of the spectrum divided by
# the square of its variance: 1.8 for the flat spectrum of an impulse, never below
# 1. Seen: it is negative, as the moments are put together with 6 m1 m2 in the place
# of 6 m1^2 m2, while spectralSpread of the same spectrum is the root of its
# variance. And spectralRolloff of silence is the highest frequency, not 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts meyda@5.6.3 > /dev/null
cat > seen.mjs << 'EOF'
import Meyda from "meyda";
Meyda.bufferSize = 512;
Meyda.sampleRate = 44100;
Meyda.windowingFunction = "rect";
const impulse = new Float32Array(512);
impulse[0] = 1;
const spectrum = Meyda.extract("amplitudeSpectrum", impulse);
const total = spectrum.reduce((a, b) => a + b);
const mean = spectrum.reduce((a, b, i) => a + b * i, 0) / total;
const moment = (n) => spectrum.reduce((a, b, i) => a + b * (i - mean) ** n, 0) / total;
console.log("kurtosis", (moment(4) / moment(2) ** 2).toFixed(3), Meyda.extract("spectralKurtosis", impulse).toFixed(3));
console.log("spread", Math.sqrt(moment(2)).toFixed(3), Meyda.extract("spectralSpread", impulse).toFixed(3));
console.log("rolloff", Math.round(Meyda.extract("spectralRolloff", new Float32Array(512))));
EOF
cat > expected.txt << 'EOF'
kurtosis 1.800 -68.666
spread 73.900 73.900
rolloff 22136
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: meyda-spectral-kurtosis"
