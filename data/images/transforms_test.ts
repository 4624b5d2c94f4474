import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe } from "@std/testing/bdd";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { bytesOf, FIGURES, PICTURE } from "../_testdata/images.ts";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
} from "./color_jitter.ts";
import * as images from "./mod.ts";

const random = images.sampleRandom(0, 0, 0);
const pixels = (...values: number[]) => ({
  width: values.length,
  height: 1,
  data: Uint8Array.from(values.flatMap((v) => [v, v, v])),
});
const grays = ({ data }: images.Image) =>
  [...data].filter((_, i) => i % 3 === 0);

describe("resize", () => {
  for (const { size, interpolation, rgb } of FIGURES.resized) {
    it(`gives Pillow's bytes: ${interpolation} to ${size.join(" by ")}`, () => {
      const made = images.resize(size, { interpolation })(PICTURE, random);
      assertEquals([made.height, made.width], [...size]);
      assertEquals(made.data, bytesOf(rgb));
    });
  }

  it("takes one number as the shorter side", () => {
    const sides = (width: number, height: number, size: number) => {
      const data = new Uint8Array(width * height * 3);
      const made = images.resize(size)({ width, height, data }, random);
      return [made.width, made.height];
    };
    assertEquals(sides(21, 14, 7), [10, 7]);
    assertEquals(sides(14, 21, 7), [7, 10]);
    assertEquals(sides(5, 5, 8), [8, 8]);
  });

  it("refuses sizes and options that are wrong", () => {
    assertThrows(() => images.resize(0), Error, "must be a positive integer");
    assertThrows(
      () => images.resize(1, { interpolation: "cubic" as "bicubic" }),
      Error,
      'must be "nearest"',
    );
    assertThrows(
      () => images.resize(1)({ ...PICTURE, width: 3 }, random),
      TypeError,
      "got 3 by 14 with 882 bytes",
    );
  });
});

describe("crops", () => {
  it("take the middle, with black around what is smaller", () => {
    assertEquals(grays(images.centerCrop([1, 2])(pixels(1, 2, 3, 4), random)), [
      2,
      3,
    ]);
    const wide = images.centerCrop([1, 4])(pixels(7, 8), random);
    assertEquals(grays(wide), [0, 7, 8, 0]);
  });

  it("are at random places, all of them, within the padding", () => {
    const crop = images.randomCrop([1, 2], { padding: 0 });
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      seen.add(
        grays(crop(pixels(1, 2, 3), images.sampleRandom(3, 0, i))).join(),
      );
    }
    assertEquals([...seen].sort(), ["1,2", "2,3"]);
    const padded = images.randomCrop(3, { padding: 1 })(pixels(5), random);
    assertEquals(grays(padded).filter((v) => v === 5).length, 1);
  });

  it("that are larger than the picture are refused", () => {
    assertThrows(
      () => images.randomCrop(4)(pixels(1, 2), random),
      RangeError,
      "got 2 by 1 with padding 0, expected at least 4 by 4",
    );
  });

  it("of random area and shape keep to both", () => {
    const crop = images.randomResizedCrop([6, 5], { scale: [0.25, 0.5] });
    for (let i = 0; i < 100; i++) {
      const made = crop(PICTURE, images.sampleRandom(1, 0, i));
      assertEquals([made.height, made.width], [6, 5]);
    }
    // No part of a line has this shape: the middle of it is taken.
    const whole = images.randomResizedCrop(2, { scale: [1, 1] });
    const line = whole(pixels(1, 1, 9, 1, 1), random);
    assertEquals(grays(line), [9, 9, 9, 9]);
  });
});

describe("flips", () => {
  it("swap sides with the probability that is given", () => {
    const flip = images.randomHorizontalFlip();
    let flipped = 0;
    for (let i = 0; i < 1000; i++) {
      const made = flip(pixels(1, 2), images.sampleRandom(0, 0, i));
      if (grays(made)[0] === 2) flipped++;
    }
    assert(flipped > 440 && flipped < 560, `${flipped}`);
    const never = images.randomVerticalFlip({ p: 0 });
    assertEquals(never(PICTURE, random), PICTURE);
    const twice = images.compose(
      images.randomVerticalFlip({ p: 1 }),
      images.randomHorizontalFlip({ p: 1 }),
    );
    assertEquals(twice(twice(PICTURE, random), random), PICTURE);
    assertEquals(twice(PICTURE, random).data.at(-3), PICTURE.data[0]);
  });
});

describe("colorJitter", () => {
  const by = {
    brightness: adjustBrightness,
    contrast: adjustContrast,
    saturation: adjustSaturation,
  };
  for (const { name, factor, rgb } of FIGURES.adjusted) {
    it(`gives Pillow's bytes: ${name} by ${factor}`, () => {
      assertEquals(by[name](PICTURE, factor).data, bytesOf(rgb));
    });
  }

  it("turns colours along the wheel", () => {
    const one = (...data: number[]) => ({
      width: 1,
      height: 1,
      data: Uint8Array.from(data),
    });
    const turned = (
      turn: number,
      ...rgb: number[]
    ) => [...adjustHue(one(...rgb), turn).data];
    assertEquals(turned(1 / 3, 255, 0, 0), [0, 255, 0]);
    assertEquals(turned(-1 / 3, 255, 0, 0), [0, 0, 255]);
    assertEquals(turned(0.5, 200, 100, 50), [50, 150, 200]);
    assertEquals(turned(0.25, 90, 90, 90), [90, 90, 90]);
    assertEquals(adjustHue(PICTURE, 0).data, PICTURE.data);
    assertEquals(adjustHue(PICTURE, 1).data, PICTURE.data);
  });

  it("changes nothing by default, and within its bounds", () => {
    assertEquals(images.colorJitter()(PICTURE, random), PICTURE);
    const jitter = images.colorJitter({ brightness: 0.5 });
    const factors = Array.from(
      { length: 200 },
      (_, i) =>
        grays(jitter(pixels(100), images.sampleRandom(0, 0, i)))[0]! / 100,
    );
    assertAlmostEquals(Math.min(...factors), 0.5, 0.02);
    assertAlmostEquals(Math.max(...factors), 1.5, 0.02);
    assertThrows(
      () => images.colorJitter({ hue: 0.6 }),
      Error,
      "from 0 to 0.5",
    );
  });

  it("is the same for the same seed, epoch and index alone", () => {
    const jitter = images.colorJitter({
      brightness: 0.4,
      contrast: 0.4,
      saturation: 0.4,
      hue: 0.1,
    });
    const made = (seed: number, epoch: number, index: number) =>
      jitter(PICTURE, images.sampleRandom(seed, epoch, index)).data.join();
    const first = made(0, 0, 0);
    assertEquals(made(0, 0, 0), first);
    for (const other of [made(1, 0, 0), made(0, 1, 0), made(0, 0, 1)]) {
      assert(other !== first);
    }
  });
});
