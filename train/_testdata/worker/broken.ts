/** A module that a worker cannot run. */
throw new RangeError("this module is broken");
