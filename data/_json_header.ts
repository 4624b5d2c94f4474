/**
 * JSON read piece by piece, for headers that come from elsewhere: what is not
 * asked for is passed over without being built, keys cannot repeat, and depth
 * is bounded. So a header takes time and memory in proportion to its length.
 * RFC 8259.
 *
 * @module
 */

/** How deep values may lie that nobody asked for. */
const MAX_DEPTH = 64;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const BLANK = /[ \t\n\r]*/y;

/** A text that is not the JSON that was expected. */
export class JsonError extends Error {}

/** Reads JSON from left to right. */
export class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipBlank();
  }

  /** The first character of what comes next; empty at the end. */
  get next(): string {
    return this.#text[this.#at] ?? "";
  }

  /** What kind of value comes next, in words. */
  get kind(): string {
    const { next } = this;
    if (next === "{") return "object";
    if (next === "[") return "array";
    if (next === '"') return "string";
    if (next === "n") return "null";
    return next === "t" || next === "f" ? "boolean" : "number";
  }

  /** Refuses the text, naming the place. */
  fail(): never {
    throw new JsonError(
      this.#at >= this.#text.length
        ? "it ends too early"
        : `unexpected ${
          JSON.stringify(this.#text.slice(this.#at, this.#at + 20))
        } at position ${this.#at}`,
    );
  }

  #skipBlank(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code > 0x20) return;
    BLANK.lastIndex = this.#at;
    BLANK.test(this.#text);
    this.#at = BLANK.lastIndex;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) this.fail();
    this.#at += found.length;
    this.#skipBlank();
    return found;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    this.#skipBlank();
    return true;
  }

  /** A string. */
  string(): string {
    if (this.next !== '"') this.fail();
    const start = this.#at;
    let escaped = false;
    let end = start + 1;
    for (;; end++) {
      const code = this.#text.charCodeAt(end);
      if (code === 0x22) break;
      // Control characters are written as escapes, and the text may end.
      if (!(code >= 0x20)) this.fail();
      if (code !== 0x5c) continue;
      escaped = true;
      end++;
    }
    // Short of an escape, which is rare, the string is a piece of the text.
    const value = escaped
      ? this.#unescape(start, end + 1)
      : this.#text.slice(start + 1, end);
    this.#at = end + 1;
    this.#skipBlank();
    return value;
  }

  #unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.#text.slice(start, end)) as string;
    } catch {
      return this.fail();
    }
  }

  /** A number. */
  number(): number {
    return Number(this.#match(NUMBER));
  }

  /** The word `null`, if that comes next. */
  takeNull(): boolean {
    return this.next === "n" && this.#match(WORD) === "null";
  }

  /**
   * The members of an object: `visit` reads the value of each key.
   *
   * @param repeated Called with a key that was there before.
   */
  object(
    visit: (key: string) => void,
    repeated: (key: string) => never,
  ): void {
    if (!this.#take("{")) this.fail();
    const keys = new Set<string>();
    if (this.#take("}")) return;
    do {
      const key = this.string();
      if (keys.has(key)) repeated(key);
      keys.add(key);
      if (!this.#take(":")) this.fail();
      visit(key);
    } while (this.#take(","));
    if (!this.#take("}")) this.fail();
  }

  /** The items of an array: `visit` reads each. */
  array(visit: (index: number) => void): void {
    if (!this.#take("[")) this.fail();
    if (this.#take("]")) return;
    let index = 0;
    do visit(index++); while (this.#take(","));
    if (!this.#take("]")) this.fail();
  }

  /** Passes over a value of any kind. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH) {
      throw new JsonError(`values lie more than ${MAX_DEPTH} deep`);
    }
    switch (this.kind) {
      case "object":
        this.#take("{");
        if (this.#take("}")) return;
        do {
          this.string();
          if (!this.#take(":")) this.fail();
          this.skip(depth + 1);
        } while (this.#take(","));
        if (!this.#take("}")) this.fail();
        return;
      case "array":
        return this.array(() => this.skip(depth + 1));
      case "string":
        this.string();
        return;
      case "number":
        this.number();
        return;
      default:
        this.#match(WORD);
    }
  }

  /** Makes sure that nothing follows. */
  end(): void {
    if (this.#at < this.#text.length) this.fail();
  }
}
