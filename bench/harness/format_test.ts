import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { align, bar, digits, showBytes, showRate, showTime } from "./format.ts";
import { resultWith } from "./_testing.ts";

describe("showTime()", () => {
  it("shows three digits in the unit that fits", () => {
    const times = [0.5, 1, 12.34, 999.4, 999.7, 1234, 5.678e6, 2e9];
    assertEquals(times.map(showTime), [
      "0.50 ns",
      "1.00 ns",
      "12.3 ns",
      "999 ns",
      "1.00 µs",
      "1.23 µs",
      "5.68 ms",
      "2.00 s",
    ]);
  });
});

describe("showBytes()", () => {
  it("counts in thousands", () => {
    assertEquals([0, 12, 4096, 1.5e9].map(showBytes), [
      "0 B",
      "12.0 B",
      "4.10 kB",
      "1.50 GB",
    ]);
  });
});

describe("showRate()", () => {
  it("is what a call gets through in a second", () => {
    const rate = (
      amount: number,
      unit: "FLOP" | "byte" | "element" | "sample",
    ) => showRate(resultWith({ median: 1e6, work: { amount, unit } }));
    assertEquals(rate(2e6, "FLOP"), "2.00 GFLOP/s");
    assertEquals(rate(4096, "byte"), "4.10 MB/s");
    assertEquals(rate(1000, "element"), "1.00 M elements/s");
    assertEquals(rate(64, "sample"), "64.0 k samples/s");
    assertEquals(rate(0.016, "sample"), "16.0 samples/s");
  });

  it("is nothing where work is not counted", () => {
    assertEquals(showRate(resultWith({})), "");
  });
});

describe("digits()", () => {
  it("rounds to three that count", () => {
    assertEquals([1, 9.996, 99.96, 123.4, 0].map(digits), [
      "1.00",
      "10.0",
      "100",
      "123",
      "0",
    ]);
  });
});

describe("bar()", () => {
  it("fills its part of the width, and is never empty", () => {
    assertEquals(bar(1, 4), "████");
    assertEquals(bar(0.5, 4), "██");
    assertEquals(bar(0.125, 4), "▌");
    assertEquals(bar(0, 4), "▏");
  });
});

describe("align()", () => {
  it("lines up columns on either side", () => {
    assertEquals(align([["a", "1"], ["bcd", "23"]], [{}, { right: true }]), [
      "a     1",
      "bcd  23",
    ]);
  });
});
