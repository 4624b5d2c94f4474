#!/usr/bin/env bash
# jpeg-js 0.4.4, Node 20.
# Guess: a JPEG decoder gives the pixels of libjpeg to a level or two, as the
# standard asks of its transform. Seen: of a picture with halved chroma (4:2:0,
# what cameras write) each colour is repeated instead of interpolated, up to 20
# of 255 levels from libjpeg-turbo; 4:4:4 is within 2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  jpeg-js@0.4.4 @cwasm/jpeg-turbo@0.1.3 > /dev/null
cat > seen.mjs << 'EOF'
import turbo from "@cwasm/jpeg-turbo";
import jpeg from "jpeg-js";
const files = {
  "4:2:0": "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAOABUDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD3/wAD/G7T/s6fvU6etb/iD422H2Zv3qdPWvzj8D+L9R+zp++bp61v+IPF+om1b983T1r884Y8N8P9ajqf0A/DbDf2F8XQ+nNb+Nun/bW/er+dFfAWueLtR+2t+/b86K/tPBeG+H+rw16H8N5l4bYb65V97qf/2Q==",
  "4:4:4": "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAOABUDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD6/wDgf+234QOnxf6dF0H8Qr/NHA+GWN9qvdZ914b+GOY/Uo+6zrviB+234R/sxib6L7v94V/RPh/4ZY320fdZPiX4Y5j/AGfL3XsfNvjf9tvwh/bLf6dF3/iFf3Lwp4ZY3+zV7r6H+YvHfhjmP9tS919T85/gf8XvGh0+Mf2nJ0H8Zr8bwPDGXe1Xuo/6SvDfh3LfqUfcWx13j/4v+Mzpjf8AEzk+7/fNf0T4f8MZd7aPuoXiZw7ln9ny9xbHzd43+LvjT+2n/wCJpJ1P8Zr+5eFOGMu/sxe6j/MXjvh7LP7bl7i6n//Z",
};
for (const [name, text] of Object.entries(files)) {
  const bytes = Buffer.from(text, "base64");
  const [one, other] = [turbo.decode(bytes).data, jpeg.decode(bytes).data];
  const far = (most, v, i) => Math.max(most, Math.abs(v - other[i]));
  console.log(name, one.reduce(far, 0));
}
EOF
cat > expected.txt << 'EOF'
4:2:0 20
4:4:4 2
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jpeg-js-chroma"
