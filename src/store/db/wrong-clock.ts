/**
 * The largest plausible lead of a stored time, in milliseconds. A later time was written by a machine with a wrong
 * clock, and nothing may wait for it. Ten minutes are far more than synchronized clocks differ by.
 */
export const mostAheadMs = 10 * 60_000;
