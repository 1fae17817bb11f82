import { z } from 'zod';
import { driftedStill, isAsBefore, type Drift } from '../client/drift.js';
import type { Decision } from './eligibility.js';
import type { Profile } from '../client/field-statistics.js';
import { reasons, sentenceFor, type ReasonCode } from './reasons.js';
import type { UndoneFact, UndoneKind } from './undone-facts.js';

/** A field that drifted, and that decisions rest on. */
const heldFieldSchema = z.object({
  kind: z.enum(['fill-fell', 'count-jumped']),
  /** As named in the profile. */
  field: z.string(),
  /** Percent of the rows, at the last pass before. */
  before: z.number(),
  now: z.number(),
  sentence: z.string(),
});
export type HeldField = z.infer<typeof heldFieldSchema>;

/** The fields of one practice whose drift holds who it touches, until staff say that it is right. Plain JSON. */
export type DriftHold = readonly HeldField[];

/** Decisions that a field leads to when it is lost, or filled, by mistake. */
const leadsTo: Readonly<Record<string, readonly ReasonCode[]>> = {
  'fill-fell email': ['no-email'],
  'fill-fell email with @': ['no-email', 'malformed-email', 'unsendable-email', 'placeholder-email', 'role-email'],
  'fill-fell living pet': ['no-living-pet', 'unknown-pet-status', 'grief-hold'],
  'fill-fell last visit': ['outside-visit-window'],
  'fill-fell date of entry': ['outside-visit-window'],
  'fill-fell first name': ['business'],
  'count-jumped inactive': ['inactive'],
  'count-jumped deleted': ['deleted'],
  'count-jumped do-not-email flag': ['opted-out'],
  'count-jumped company': ['business'],
  'count-jumped pet death date': ['grief-hold', 'no-living-pet'],
};

/** The other way round: a flag that is lost lets someone be invited who it kept from that. */
const keptFrom: Readonly<Record<string, readonly ReasonCode[]>> = {
  'fill-fell do-not-email flag': ['opted-out'],
  'fill-fell inactive': ['inactive'],
  'fill-fell deleted': ['deleted'],
  'fill-fell pet death': ['no-living-pet', 'grief-hold'],
  'fill-fell no living pet': ['no-living-pet', 'grief-hold'],
};

/** The facts that a lost field recalls. */
const takesBack: Readonly<Record<string, UndoneKind>> = {
  'fill-fell do-not-email flag': 'opted-out',
  'fill-fell inactive': 'inactive',
  'fill-fell deleted': 'deleted',
  'fill-fell pet death': 'pet-died',
};

/** The facts that a field which is filled by mistake states; they go when it is mended. */
const states: Readonly<Record<string, UndoneKind>> = {
  'count-jumped do-not-email flag': 'opted-out',
  'count-jumped inactive': 'inactive',
  'count-jumped deleted': 'deleted',
  'count-jumped pet death date': 'pet-died',
  'fill-fell living pet': 'pet-died',
};

/** These rise and fall together. */
const ofLivingPets = new Set(['living pet', 'no living pet', 'pet death', 'pet death date']);

const keyOf = ({ kind, field }: Pick<Drift, 'kind' | 'field'>) => `${kind} ${field}`;

/**
 * What is held after a complete pass: the fields that drifted in it, and those held before that are not as they were
 * before their drift. A field that is filled again ends its hold by itself, and its return is no drift.
 *
 * @param drift what this pass found against the one before it
 */
export function nextHold(before: DriftHold, drift: readonly Drift[], profile: Profile): DriftHold {
  const kept = before.filter((one) => driftedStill(one, profile));
  const mended = before.filter((one) => !kept.includes(one) && isAsBefore(one, profile));
  const found = drift.flatMap(({ kind, field, before, now, sentence }): HeldField[] => {
    const key = keyOf({ kind, field });
    const decides = Object.hasOwn(leadsTo, key) || Object.hasOwn(keptFrom, key);
    if (kind === 'new-code' || !decides || kept.some((one) => keyOf(one) === key)) return [];
    if (mended.some((one) => isSameField(one.field, field))) return [];
    return [{ kind, field, before, now, sentence }];
  });
  return [...kept, ...found];
}

function isSameField(one: string, other: string): boolean {
  return one === other || (ofLivingPets.has(one) && ofLivingPets.has(other));
}

/** The kinds of facts that were stated by mistake, now that the fields of these holds are as before. */
export function kindsMended(ended: DriftHold, profile: Profile): UndoneKind[] {
  const mended = ended.filter((one) => isAsBefore(one, profile));
  return mended.map((one) => states[keyOf(one)]).filter((kind) => kind !== undefined);
}

/**
 * A decision as it is while fields are held. Whoever is not invited any more because of one of them, or would be only
 * because of one, waits: nothing is sent to them and nothing is recalled.
 *
 * @param previous the client's last decision; null for someone who is decided for the first time
 * @param undone what the PIMS contradicts: while its fields are held, the client waits with all the others
 */
export function applyDriftHold(
  decision: Decision,
  previous: Pick<Decision, 'verdict' | 'reason'> | null,
  hold: DriftHold,
  undone: readonly UndoneFact[] = [],
): Decision {
  const cause =
    decision.reason === 'undone-in-pims'
      ? isCovered(undone, hold) && hold.find((one) => takesBack[keyOf(one)] === undone[0]?.kind)
      : hold.find((one) => isTouched(one, decision, previous));
  if (!cause) return decision;
  const { verdict } = reasons['field-drift'];
  const sentence = sentenceFor('field-drift', { field: cause.field });
  return { verdict, reason: 'field-drift', sentence, decideAgainOn: null };
}

/** The kinds of facts that held fields have recalled; staff who release the hold confirm them. */
export function kindsTakenBack(hold: DriftHold): UndoneKind[] {
  return hold.map((one) => takesBack[keyOf(one)]).filter((kind) => kind !== undefined);
}

/** True when fields that are held explain all of these facts. */
export function isCovered(undone: readonly UndoneFact[], hold: DriftHold): boolean {
  const kinds = kindsTakenBack(hold);
  return undone.every(({ kind }) => kinds.includes(kind));
}

function isTouched(
  held: HeldField,
  decision: Decision,
  previous: Pick<Decision, 'verdict' | 'reason'> | null,
): boolean {
  const needs_evaluation = previous === null || previous.reason === 'field-drift';
  const key = keyOf(held);
  if (Object.hasOwn(leadsTo, key)) {
    const wasWanted = previous?.verdict === 'invite' || previous?.reason === 'has-account';
    return leadsTo[key]!.includes(decision.reason) && (needs_evaluation || wasWanted);
  }
  const wanted = decision.verdict === 'invite' || decision.reason === 'has-account';
  return wanted && (needs_evaluation || (keptFrom[key] ?? []).includes(previous.reason));
}

/** A hold out of its JSON text; null, or anything else, holds nothing. */
export function readHold(text: string | null): DriftHold {
  if (text === null) return [];
  try {
    return z.array(heldFieldSchema).catch([]).parse(JSON.parse(text));
  } catch {
    return [];
  }
}
