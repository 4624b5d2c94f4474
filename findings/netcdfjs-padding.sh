#!/usr/bin/env bash
# netcdfjs 4.0.0, SciPy 1.10.1 for the file (python3-scipy of Debian 12), Node 20.
# Guess: a variable of three numbers is three numbers, and a NetCDF byte has a
# sign. Seen: the padding to four bytes, which the format puts behind variables of
# bytes and of 16-bit integers, is read as a further element (-32767, the fill
# value), which then goes into means; and -2 as a byte is 254.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts netcdfjs@4.0.0 > /dev/null
/usr/bin/python3 - << 'PYTHON'
import scipy
from scipy.io import netcdf_file
assert scipy.__version__ == "1.10.1", scipy.__version__
file = netcdf_file("a.nc", "w")
for name, count in (("three", 3), ("four", 4)):
    file.createDimension(name, count)
    for dtype in ("f4", "i2", "i1"):
        file.createVariable(f"{dtype} {name}", dtype, (name,))[:] = [1, -2, 3, 4][:count]
file.close()
PYTHON
cat > seen.mjs << 'EOF'
import { readFileSync } from "node:fs";
import { NetCDFReader } from "netcdfjs";
const file = new NetCDFReader(readFileSync("a.nc"));
for (const { name } of file.variables) console.log(name, file.getDataVariable(name).join());
EOF
cat > expected.txt << 'EOF'
f4 four 1,-2,3,4
i2 four 1,-2,3,4
i1 four 1,254,3,4
f4 three 1,-2,3
i2 three 1,-2,3,-32767
i1 three 1,254,3,129
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: netcdfjs-padding"
