import { truncateForDisplay } from './name.js';
import { fieldsOfPets, otherCodes, type Profile } from './field-statistics.js';

/** A change in the shape of the PIMS data since the last full scan. */
export interface Drift {
  kind: 'new-code' | 'fill-fell' | 'count-jumped';
  /** The name of the field in the statistics profile. */
  field: string;
  /** Only for `new-code`. */
  code?: string;
  /** Counts at the last full scan and now; for `fill-fell` and `count-jumped` of a field, in percent of the rows. */
  before: number;
  now: number;
  sentence: string;
}

/** Minimum number of rows. Below it, one unusual row is a large share. */
const enoughRows = 50;
/** A column whose rate falls to this part of its former rate was probably renamed, emptied or decoded wrongly. */
const fallen = 0.6;
/**
 * The loss of a protective field is drift only if at least this many rows lost it, whatever the size of the practice.
 */
const enoughLost = 5;
/** Fields whose rate rises if something is wrong: a whole practice does not become inactive overnight. */
const alarming = new Set(['inactive', 'deleted', 'do-not-email flag', 'garbled name', 'pet death date', 'company']);

/** Fields that prevent emails to clients. Their loss is drift even in a small practice, where a rise would not be. */
const protective = new Set(['inactive', 'deleted', 'do-not-email flag', 'pet death', 'no living pet']);

/**
 * Returns the changes between two full scans of one practice, the most serious first: columns that lost their content,
 * counts that jumped, new codes. Empty if there is no earlier full scan.
 */
export function driftBetween(previous: Profile, current: Profile): Drift[] {
  if (previous.clients === 0) return [];
  return [...fallenFields(previous, current), ...jumps(previous, current), ...newCodes(previous, current)];
}

function fallenFields(previous: Profile, current: Profile): Drift[] {
  const found: Drift[] = [];
  for (const field of Object.keys(previous.filled)) {
    const [before, now] = [rate(previous, field), rate(current, field)];
    if (protective.has(field)) {
      const lost = (previous.filled[field] ?? 0) - (current.filled[field] ?? 0);
      if (lost >= enoughLost && hasFallen(before, now, 0)) found.push(lostFlag(field, previous, current));
      continue;
    }
    if (!comparable(previous, current, field) || alarming.has(field) || !hasFallen(before, now)) continue;
    found.push({
      kind: 'fill-fell',
      field,
      before: percent(before),
      now: percent(now),
      sentence:
        `Only ${percent(now)} % of the ${rowsOf(field)} have a value for ${field}; it was ${percent(before)} %. ` +
        'Was a column renamed or emptied?',
    });
  }
  return found;
}

/** Does not round the shares, because a flag may be rare and its hold ends once the share is as it was before. */
function lostFlag(field: string, previous: Profile, current: Profile): Drift {
  const [was, is] = [previous.filled[field] ?? 0, current.filled[field] ?? 0];
  const sentence = `Only ${is} ${rowsOf(field)} have "${field}"; it was ${was}. Was a column renamed or emptied?`;
  return {
    kind: 'fill-fell',
    field,
    before: 100 * rate(previous, field),
    now: 100 * rate(current, field),
    sentence,
  };
}

function hasFallen(before: number, now: number, least = 0.05): boolean {
  return now < before && before - now >= least && now <= before * fallen;
}

function hasJumped(before: number, now: number): boolean {
  return now - before >= 0.05 && now >= before * 1.5;
}

/** Tells whether, in a later full scan, a field is still as it was when it drifted. */
export function driftedStill(drift: Pick<Drift, 'kind' | 'field' | 'before'>, profile: Profile): boolean {
  const [before, now] = [drift.before / 100, rate(profile, drift.field)];
  if (drift.kind === 'count-jumped') return hasJumped(before, now);
  return hasFallen(before, now, protective.has(drift.field) ? 0 : 0.05);
}

/** Tells whether the field of a hold is as it was before its drift, and did not drift in the other direction. */
export function isAsBefore({ field, before }: Pick<Drift, 'field' | 'before'>, profile: Profile): boolean {
  const now = rate(profile, field);
  return !hasFallen(before / 100, now, 0) && !hasJumped(before / 100, now);
}

function jumps(previous: Profile, current: Profile): Drift[] {
  const found: Drift[] = [];
  for (const field of alarming) {
    const [before, now] = [rate(previous, field), rate(current, field)];
    if (!comparable(previous, current, field) || !hasJumped(before, now)) continue;
    const sentence = `${percent(now)} % of the ${rowsOf(field)} have "${field}"; it was ${percent(before)} %.`;
    found.push({ kind: 'count-jumped', field, before: percent(before), now: percent(now), sentence });
  }
  for (const field of ['clients', 'pets'] as const) {
    const [before, now] = [previous[field], current[field]];
    if (before < enoughRows || (now < before * 1.5 && now > before * 0.7)) continue;
    const sentence = `The PIMS has ${now} ${field}; at the last full scan it had ${before}.`;
    found.push({ kind: 'count-jumped', field, before, now, sentence });
  }
  return found;
}

function newCodes(previous: Profile, current: Profile): Drift[] {
  const found: Drift[] = [];
  for (const [field, codes] of Object.entries(current.codes)) {
    const known = previous.codes[field] ?? {};
    for (const [code, now] of Object.entries(codes)) {
      if (code === otherCodes || Object.hasOwn(known, code) || Object.hasOwn(known, otherCodes)) continue;
      const rows = now === 1 ? `1 ${rowsOf(field).slice(0, -1)} has` : `${now} ${rowsOf(field)} have`;
      const sentence = `${rows} the ${field} "${truncateForDisplay(code)}", which was never seen before.`;
      found.push({ kind: 'new-code', field, code, before: 0, now, sentence });
    }
  }
  return found;
}

function rowsOf(field: string): 'pets' | 'clients' {
  return fieldsOfPets.has(field) ? 'pets' : 'clients';
}

function rate(profile: Profile, field: string): number {
  const rows = profile[rowsOf(field)];
  return rows === 0 ? 0 : (profile.filled[field] ?? 0) / rows;
}

function comparable(previous: Profile, current: Profile, field: string): boolean {
  return previous[rowsOf(field)] >= enoughRows && current[rowsOf(field)] >= enoughRows;
}

function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}
