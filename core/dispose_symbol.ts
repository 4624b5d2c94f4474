/**
 * `Symbol.dispose` where an engine has no `using` yet, such as Safari's: the
 * classes of the library have methods of that name, and what compilers make of
 * `using` looks for it under `Symbol.dispose`, too, when a program runs.
 *
 * @module
 */
(Symbol as { dispose?: symbol }).dispose ??= Symbol.for("Symbol.dispose");
