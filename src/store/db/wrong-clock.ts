/**
 * A time further ahead than this was written by a machine whose clock was wrong for a while: nothing may wait for it to
 * come. Ten minutes are far more than clocks that are kept in step differ by.
 */
export const mostAheadMs = 10 * 60_000;
