/**
 * What the packages of Tenfold share of this one. Not for programs: names
 * change here without notice.
 *
 * @module
 */
export {
  listenToRecurrences,
  type Recurred,
  type Recurrence,
  type RecurrenceListener,
} from "./functional/_recurrent.ts";
