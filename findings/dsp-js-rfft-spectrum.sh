#!/usr/bin/env bash
# dsp.js 1.0.1, Node 20.
# Guess: FFT, RFFT and DFT of the same samples have one spectrum, and FFT and DFT
# the same sign. Seen: RFFT pairs each real part with the imaginary part of the
# next bin, so that its spectrum is wrong but for the first (its transform is
# right), and the peak of a sine comes out as 0 or in two bins; DFT has the
# imaginary parts of FFT with the other sign.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts dsp.js@1.0.1 > /dev/null
cat > seen.mjs << 'EOF'
import dsp from "dsp.js";
const shown = (values) => Array.from(values, (x) => (Math.abs(x) < 1e-9 ? 0 : x).toFixed(3)).join();
const samples = { ramp: [1, 2, 3, 4, 0, 0, 0, 0], sine: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => Math.sin((2 * Math.PI * i) / 8)) };
for (const [name, values] of Object.entries(samples)) {
  for (const kind of ["FFT", "DFT", "RFFT"]) {
    const transform = new dsp[kind](8, 8);
    transform.forward(values);
    console.log(name, kind, "spectrum", shown(transform.spectrum));
    if (kind !== "RFFT") console.log(name, kind, "imaginary", shown(transform.imag.slice(0, 4)));
  }
}
EOF
cat > expected.txt << 'EOF'
ramp FFT spectrum 2.500,1.814,0.707,0.679
ramp FFT imaginary 0.000,-7.243,2.000,-1.243
ramp DFT spectrum 2.500,1.814,0.707,0.679
ramp DFT imaginary 0.000,7.243,-2.000,1.243
ramp RFFT spectrum 2.500,0.511,0.589,0.784
sine FFT spectrum 0.000,1.000,0.000,0.000
sine FFT imaginary 0.000,-4.000,0.000,0.000
sine DFT spectrum 0.000,1.000,0.000,0.000
sine DFT imaginary 0.000,4.000,0.000,0.000
sine RFFT spectrum 0.000,0.000,0.000,0.000
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: dsp-js-rfft-spectrum"
