#!/usr/bin/env bash
# node-wav 0.0.2, wav-decoder 1.3.0, Node 20; the file is written by Python 3.
# Guess: samples of 24 bits become numbers as those of 16 and 32 do, the lowest -1.
# Seen: in both the lowest, where a clipped recording lies, becomes +1.0000001: a
# jump from one end to the other. node-wav's own file of -1 comes back as +1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-wav@0.0.2 wav-decoder@1.3.0 > /dev/null
python3 - << 'PYTHON'
import wave
for bits in (16, 24, 32):
    low = -(2 ** (bits - 1))
    with wave.open(f"{bits}.wav", "wb") as file:
        file.setparams((1, bits // 8, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(n.to_bytes(bits // 8, "little", signed=True) for n in (low, low + 1, low // 2, 0)))
PYTHON
cat > seen.mjs << 'EOF'
import { readFileSync } from "node:fs";
import wav from "node-wav";
import decoder from "wav-decoder";
const shown = (samples) => Array.from(samples, (x) => x.toFixed(4)).join();
for (const bits of [16, 24, 32]) {
  const bytes = Uint8Array.from(readFileSync(`${bits}.wav`)).buffer;
  console.log(bits, "node-wav", shown(wav.decode(bytes).channelData[0]));
  console.log(bits, "wav-decoder", shown((await decoder.decode(bytes)).channelData[0]));
}
const own = wav.encode([Float32Array.of(-1, -0.5)], { sampleRate: 8000, bitDepth: 24 });
console.log("node-wav's own", shown(wav.decode(own).channelData[0]));
EOF
cat > expected.txt << 'EOF'
16 node-wav -1.0000,-1.0000,-0.5000,0.0000
16 wav-decoder -1.0000,-1.0000,-0.5000,0.0000
24 node-wav 1.0000,-1.0000,-0.5000,0.0000
24 wav-decoder 1.0000,-1.0000,-0.5000,0.0000
32 node-wav -1.0000,-1.0000,-0.5000,0.0000
32 wav-decoder -1.0000,-1.0000,-0.5000,0.0000
node-wav's own 1.0000,-0.5000
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: wav-of-24-bits"
