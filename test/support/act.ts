import { newIds } from '../../src/lib/ids.js';
import type { Act, Actor } from '../../src/store/access/audit.js';

const newId = newIds();

/** An action of this person at this time. */
export const actOf = (actor: Actor, now = new Date()): Act => ({ actor, now, newId });
