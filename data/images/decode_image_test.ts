import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { bytesOf, FIGURES } from "../_testdata/images.ts";
import { DataFormatError, FileError } from "../mod.ts";
import { withoutNotes } from "./_browser.ts";
import { decodeImage } from "./mod.ts";

const refused = async (bytes: Uint8Array) =>
  (await assertRejects(() => decodeImage(bytes), DataFormatError)).message;

const file = (name: string) => bytesOf(FIGURES.files[name]!.file);

describe("decodeImage", () => {
  for (const [name, { width, height, rgb }] of Object.entries(FIGURES.files)) {
    if (name === "jpeg cmyk") continue;
    it(`gives the pixels that Pillow gives of a ${name}`, async () => {
      const image = await decodeImage(file(name));
      assertEquals([image.width, image.height], [width, height]);
      assertEquals(image.data, bytesOf(rgb));
    });
  }

  it("leaves out what a camera notes before a browser sees it", async () => {
    const whole = file("jpeg 4:2:0");
    const exif = Uint8Array.of(0xff, 0xe1, 0, 6, 1, 2, 3, 4);
    const noted = Uint8Array.of(
      ...whole.subarray(0, 2),
      ...exif,
      ...exif,
      ...whole.subarray(2),
    );
    assertEquals(withoutNotes(noted), whole);
    assertEquals(
      (await decodeImage(noted)).data,
      (await decodeImage(whole)).data,
    );
  });

  it("takes blobs", async () => {
    const blob = new Blob([file("png rgb") as Uint8Array<ArrayBuffer>]);
    assertEquals((await decodeImage(blob)).width, FIGURES.width);
  });

  it("refuses a JPEG in CMYK by name", async () => {
    assertMatch(await refused(file("jpeg cmyk")), /CMYK: convert it to RGB$/);
  });

  it("refuses other formats by name", async () => {
    const text = new TextEncoder();
    assertMatch(await refused(text.encode("GIF89a; more")), /a GIF file/);
    assertMatch(await refused(text.encode("RIFF0000WEBPVP8 ")), /a WebP file/);
    assertMatch(await refused(new Uint8Array(0)), /neither PNG nor JPEG$/);
    await assertRejects(() => decodeImage("no/such.png"), FileError);
  });

  it("refuses sizes that no file of its length has", async () => {
    const large = file("png rgb").slice();
    new DataView(large.buffer).setUint32(16, 2 ** 31 - 1);
    assertMatch(await refused(large), /got 2147483647 by 14$/);
    const flat = file("png rgb").slice();
    new DataView(flat.buffer).setUint32(20, 0);
    assertMatch(await refused(flat), /got 21 by 0$/);
  });

  for (const name of ["png rgb", "jpeg 4:2:0", "jpeg progressive"]) {
    it(`refuses a ${name} that is cut short, wherever`, async () => {
      const whole = file(name);
      for (let length = 0; length < whole.length - 2; length += 7) {
        assertMatch(
          await refused(whole.subarray(0, length)),
          /^Cannot decode the image as /,
        );
      }
      // What was refused leaves the decoder sound.
      assertEquals(
        (await decodeImage(whole)).data,
        bytesOf(FIGURES.files[name]!.rgb),
      );
    });
  }
});
