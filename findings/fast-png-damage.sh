#!/usr/bin/env bash
# fast-png 8.0.0, Node 20.
# Guess: a damaged PNG is refused, as its chunks carry CRCs. Seen: one changed
# bit in the pixels is decoded into another picture without a word, unless
# { checkCrc: true } asks; lodepng refuses it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  fast-png@8.0.0 @cwasm/lodepng@0.1.9 > /dev/null
cat > seen.mjs << 'EOF'
import lodepng from "@cwasm/lodepng";
import { decode } from "fast-png";
const bytes = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAABUAAAAOCAIAAABPZMCZAAAAY0lEQVR4nKXLWwqCUABF0S0Jsgn6CXG4zdUeeFE0IqmgqDl0YP2u6vCgww5b3OMOt9hghR984R2vOOGIAw5YsOCEC9a8N/C/mjX8c/hL+M/hP4a/D/8p/Jfwj+G/hf8Z/m/0f9DCHUgZsfivAAAAAElFTkSuQmCC",
  "base64",
);
bytes[120] ^= 4;
for (const [name, read] of Object.entries({
  plain: () => decode(bytes),
  checked: () => decode(bytes, { checkCrc: true }),
  lodepng: () => lodepng.decode(bytes),
})) {
  try {
    read();
    console.log(name, "reads it");
  } catch {
    console.log(name, "refuses it");
  }
}
EOF
cat > expected.txt << 'EOF'
plain reads it
checked refuses it
lodepng refuses it
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: fast-png-damage"
