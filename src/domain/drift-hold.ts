import { z } from 'zod';
import { driftedStill, type Drift } from './drift.js';
import type { Decision } from './eligibility.js';
import type { Profile } from './profile.js';
import { reasons, sentenceFor, type ReasonCode } from './reasons.js';

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

/** The fields of one practice whose drift holds whom it touches, until staff say that it is right. Plain JSON. */
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
}; // prettier-ignore

/** The other way round: a flag that is lost lets someone be invited whom it kept from that. */
const keptFrom: Readonly<Record<string, ReasonCode>> = {
  'fill-fell do-not-email flag': 'opted-out',
  'fill-fell inactive': 'inactive',
};

const keyOf = ({ kind, field }: Pick<Drift, 'kind' | 'field'>) => `${kind} ${field}`;

/**
 * What is held after a complete pass: the fields that drifted in it, and those held before that are not as they were
 * before their drift. A field that is filled again ends its hold by itself.
 *
 * @param drift what this pass found against the one before it
 */
export function nextHold(before: DriftHold, drift: readonly Drift[], profile: Profile): DriftHold {
  const kept = before.filter((one) => driftedStill(one, profile));
  const found = drift.flatMap(({ kind, field, before, now, sentence }): HeldField[] => {
    const key = keyOf({ kind, field });
    const decides = Object.hasOwn(leadsTo, key) || Object.hasOwn(keptFrom, key);
    if (kind === 'new-code' || !decides || kept.some((one) => keyOf(one) === key)) return [];
    return [{ kind, field, before, now, sentence }];
  });
  return [...kept, ...found];
}

/**
 * A decision as it is while fields are held. Whoever is not invited any more because of one of them, or would be only
 * because of one, waits: nothing is sent to them and nothing is taken back.
 *
 * @param previous the client's last decision; null for someone who is decided for the first time
 */
export function whileHeld(
  decision: Decision,
  previous: Pick<Decision, 'verdict' | 'reason'> | null,
  hold: DriftHold,
): Decision {
  const cause = hold.find((one) => isTouched(one, decision, previous));
  if (!cause) return decision;
  const { verdict } = reasons['field-drift'];
  const sentence = sentenceFor('field-drift', { field: cause.field });
  return { verdict, reason: 'field-drift', sentence, decideAgainOn: null };
}

function isTouched(
  held: HeldField,
  decision: Decision,
  previous: Pick<Decision, 'verdict' | 'reason'> | null,
): boolean {
  const undecided = previous === null || previous.reason === 'field-drift';
  const key = keyOf(held);
  if (Object.hasOwn(leadsTo, key)) {
    const wasWanted = previous?.verdict === 'invite' || previous?.reason === 'has-account';
    return leadsTo[key]!.includes(decision.reason) && (undecided || wasWanted);
  }
  const wanted = decision.verdict === 'invite' || decision.reason === 'has-account';
  return wanted && (undecided || previous.reason === keptFrom[key]);
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
