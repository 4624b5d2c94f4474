#!/usr/bin/env bash
# @uwdata/flechette 2.3.0 with fzstd 0.1.1, Node 20; the file is of pyarrow
# 25.0.1.
# Guess: the decompressor of a codec for flechette may return any Uint8Array.
# Seen: it must begin at a multiple of 8 bytes of its buffer. fzstd returns the
# end of a larger buffer, 12 bytes from its start, on which columns of 64 bits
# throw. A copy can be read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @uwdata/flechette@2.3.0 fzstd@0.1.1 > /dev/null
cat > seen.mjs << 'EOF'
import { CompressionType, setCompressionCodec, tableFromIPC } from "@uwdata/flechette";
import { decompress } from "fzstd";
// One column of the numbers from 0 to 49, as int64, compressed by zstd.
const file = Uint8Array.from(
  atob(
    [
      "QVJST1cxAAD/////eAAAABAAAAAAAAoADAAGAAUACAAKAAAAAAEEAAwAAAAIAAgAAAAEAAgAAAAEAAAAAQAAABQA",
      "AAAQABQACAAGAAcADAAAABAAEAAAAAAAAQIQAAAAHAAAAAQAAAAAAAAAAQAAAG4AAAAIAAwACAAHAAgAAAAAAAAB",
      "QAAAAP////+gAAAAFAAAAAAAAAAMABgABgAFAAgADAAMAAAAAAMEABwAAABgAAAAAAAAAAAAAAAMAB4AEAAEAAgA",
      "DAAMAAAAUAAAACQAAAAYAAAAMgAAAAAAAAAAAAAAAAAGAAgABwAGAAAAAAAAAQIAAAAAAAAAAAAAAAAAAAAAAAAA",
      "AAAAAAAAAABZAAAAAAAAAAAAAAABAAAAMgAAAAAAAAAAAAAAAAAAAJABAAAAAAAAKLUv/WCQAD0CAKKGDwwQuN4M",
      "/P93ZlUVWwr/UNBPz07OTc1MzEvLSspJyUjIR8dGxkXFRMRDw0LCQcFAwK+3y91qs9irtUqdSqMDMVQCAAMBAAAA",
      "AAAAAP////8AAAAAEAAAAAwAFAAGAAgADAAQAAwAAAAAAAQANAAAACQAAAAEAAAAAQAAAIgAAAAAAAAAqAAAAAAA",
      "AABgAAAAAAAAAAAAAAAIAAgAAAAEAAgAAAAEAAAAAQAAABQAAAAQABQACAAGAAcADAAAABAAEAAAAAAAAQIQAAAA",
      "HAAAAAQAAAAAAAAAAQAAAG4AAAAIAAwACAAHAAgAAAAAAAABQAAAAKAAAABBUlJPVzE=",
    ].join(""),
  ),
  (char) => char.charCodeAt(0),
);
for (const copy of [false, true]) {
  setCompressionCodec(CompressionType.ZSTD, {
    decode(bytes) {
      const out = decompress(bytes);
      console.log("offset", out.byteOffset, "of", out.buffer.byteLength);
      return copy ? out.slice() : out;
    },
    encode: (bytes) => bytes,
  });
  try {
    const n = tableFromIPC(file).getChild("n");
    console.log(n.length, "rows, the last", n.at(49));
  } catch ({ message }) {
    console.log(message);
  }
}
EOF
cat > expected.txt << 'EOF'
offset 12 of 412
start offset of BigInt64Array should be a multiple of 8
offset 12 of 412
50 rows, the last 49
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: flechette-zstd-views"
