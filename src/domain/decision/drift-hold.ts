import { z } from 'zod';
import { driftedStill, isAsBefore, type Drift } from '../client/drift.js';
import type { Decision } from './eligibility.js';
import type { Profile } from '../client/field-statistics.js';
import { isWanted, reasons, sentenceFor, type ReasonCode } from './reasons.js';
import type { UndoneFact, UndoneKind } from './undone-facts.js';

/** A field that drifted and that decisions depend on. */
const heldFieldSchema = z.object({
  kind: z.enum(['fill-fell', 'count-jumped']),
  /** The name of the field in the statistics profile. */
  field: z.string(),
  /** Percent of the rows, at the full scan before. */
  before: z.number(),
  now: z.number(),
  sentence: z.string(),
});
export type HeldField = z.infer<typeof heldFieldSchema>;

/** The drifted fields of one practice. Affected clients are held until staff confirm the change. Plain JSON. */
export type DriftHold = readonly HeldField[];

/** The decisions that result if a field is lost, or filled, by mistake. */
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

/** The reverse: the decisions that a flag causes. If the flag is lost, these clients would be invited by mistake. */
const keptFrom: Readonly<Record<string, readonly ReasonCode[]>> = {
  'fill-fell do-not-email flag': ['opted-out'],
  'fill-fell inactive': ['inactive'],
  'fill-fell deleted': ['deleted'],
  'fill-fell pet death': ['no-living-pet', 'grief-hold'],
  'fill-fell no living pet': ['no-living-pet', 'grief-hold'],
};

/** The kind of facts that the PIMS no longer states once a field is lost. */
const takesBack: Readonly<Record<string, UndoneKind>> = {
  'fill-fell do-not-email flag': 'opted-out',
  'fill-fell inactive': 'inactive',
  'fill-fell deleted': 'deleted',
  'fill-fell pet death': 'pet-died',
};

/** The kind of facts that a field filled by mistake states. They end once the field is as it was before. */
const states: Readonly<Record<string, UndoneKind>> = {
  'count-jumped do-not-email flag': 'opted-out',
  'count-jumped inactive': 'inactive',
  'count-jumped deleted': 'deleted',
  'count-jumped pet death date': 'pet-died',
  'fill-fell living pet': 'pet-died',
};

/** Fields whose rates rise and fall together. */
const ofLivingPets = new Set(['living pet', 'no living pet', 'pet death', 'pet death date']);

const keyOf = ({ kind, field }: Pick<Drift, 'kind' | 'field'>) => `${kind} ${field}`;

/**
 * Returns the hold after a full scan: the fields that drifted in it, and the fields held before that are not yet as
 * they were before their drift. A field that is filled again ends its hold by itself, and its return is no drift.
 *
 * @param drift the differences between this full scan and the one before it
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

/** Returns the kinds of facts that ended holds stated by mistake: those whose fields are as they were before. */
export function kindsMended(ended: DriftHold, profile: Profile): UndoneKind[] {
  const mended = ended.filter((one) => isAsBefore(one, profile));
  return mended.map((one) => states[keyOf(one)]).filter((kind) => kind !== undefined);
}

/**
 * Adjusts a decision while fields are held. A client waits if a held field alone ends or causes the invitation:
 * pims-sync sends this client nothing and cancels nothing.
 *
 * @param previous the client's last decision; null at the first evaluation
 * @param undone facts that the PIMS contradicts; while held fields explain them, the client waits as well
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

/**
 * Returns the kinds of facts that the PIMS no longer states because of held fields. Releasing the hold confirms them.
 */
export function kindsTakenBack(hold: DriftHold): UndoneKind[] {
  return hold.map((one) => takesBack[keyOf(one)]).filter((kind) => kind !== undefined);
}

/** True if held fields explain all of these facts. */
export function isCovered(undone: readonly UndoneFact[], hold: DriftHold): boolean {
  const kinds = kindsTakenBack(hold);
  return undone.every(({ kind }) => kinds.includes(kind));
}

function isTouched(
  held: HeldField,
  decision: Decision,
  previous: Pick<Decision, 'verdict' | 'reason'> | null,
): boolean {
  const isFirst = previous === null || previous.reason === 'field-drift';
  const key = keyOf(held);
  if (Object.hasOwn(leadsTo, key)) {
    return leadsTo[key]!.includes(decision.reason) && (isFirst || isWanted(previous));
  }
  return isWanted(decision) && (isFirst || (keptFrom[key] ?? []).includes(previous.reason));
}

/** Reads a hold from its JSON text. Null and invalid text give an empty hold. */
export function readHold(text: string | null): DriftHold {
  if (text === null) return [];
  try {
    return z.array(heldFieldSchema).catch([]).parse(JSON.parse(text));
  } catch {
    return [];
  }
}
