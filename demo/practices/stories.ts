/**
 * The special property of a client, if any. Each client has one story, so that the expected result of a sync is known
 * in advance. A household, a pair of duplicates and a shared address consist of several clients in a row.
 */
export const stories = [
  'plain',
  'household',
  'several-emails',
  'no-email',
  'malformed-email',
  'unsendable-email',
  'placeholder-email',
  'role-email',
  'shared-address',
  'inactive',
  'deleted',
  'opted-out',
  'business',
  'rescue',
  'unknown-status',
  'note-in-name',
  'died-recently',
  'died-long-ago',
  'no-pets',
  'duplicate',
] as const;

export type Story = (typeof stories)[number];

/** Number of clients that form a story. Six is more than the four who may share an address by default. */
export const groupSize = (story: Story): number =>
  story === 'household' || story === 'duplicate' ? 2 : story === 'shared-address' ? 6 : 1;

/** Percent of groups at any mess: couples with one address, and people who gave two. */
const everyday: Partial<Record<Story, number>> = { household: 5, 'several-emails': 3 };

/** Percent of groups at a mess of 1. These are guesses from complaints in importers and help pages, not measurements. */
const messy: Partial<Record<Story, number>> = {
  'no-email': 14,
  'malformed-email': 4,
  'unsendable-email': 1,
  'placeholder-email': 6,
  'role-email': 1,
  'shared-address': 0.6,
  inactive: 8,
  deleted: 4,
  'opted-out': 5,
  business: 2,
  rescue: 1,
  'unknown-status': 1,
  'note-in-name': 1,
  'died-recently': 3,
  'died-long-ago': 5,
  'no-pets': 3,
  duplicate: 1,
};

/** Returns the percentage of each story in a practice with this mess (0 to 1). */
export function storyWeights(mess: number): Record<Story, number> {
  const weights = Object.fromEntries(
    stories.map((story) => [story, everyday[story] ?? (messy[story] ?? 0) * mess]),
  ) as Record<Story, number>;
  const others = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return { ...weights, plain: 100 - others };
}

/** The data model of a PIMS; some have no column for a story's property. */
export type Shape = 'cornerstone' | 'avimark' | 'impromed' | 'openvpms' | 'csv';

/** Stories that a shape cannot represent; such a client looks like any other there. */
const untold: Record<Shape, Story[]> = {
  // No company column: companies are stored as a last name and differ only in their class.
  cornerstone: ['business', 'rescue', 'unknown-status'],
  // Also no column for inactive clients; this demo's AVImark uses class 9 for them, which a mapping must name.
  avimark: ['business', 'rescue', 'unknown-status'],
  impromed: ['unknown-status'],
  // No flag for clients who opted out of email.
  openvpms: ['unknown-status', 'opted-out'],
  csv: [],
};

/** Tells whether deleted clients are gone, as after a purge, or stay with a flag. */
export const forgetsDeleted = (shape: Shape): boolean => shape === 'cornerstone' || shape === 'openvpms';

const reasons: Record<Story, string> = {
  plain: 'eligible',
  household: 'eligible',
  'several-emails': 'eligible',
  'no-email': 'no-email',
  'malformed-email': 'malformed-email',
  'unsendable-email': 'unsendable-email',
  'placeholder-email': 'placeholder-email',
  'role-email': 'role-email',
  'shared-address': 'shared-by-too-many',
  inactive: 'inactive',
  deleted: 'deleted',
  'opted-out': 'opted-out',
  business: 'business',
  rescue: 'business',
  'unknown-status': 'unknown-status',
  'note-in-name': 'note-in-name',
  'died-recently': 'grief-hold',
  'died-long-ago': 'no-living-pet',
  'no-pets': 'no-living-pet',
  duplicate: 'duplicate-suspect',
};

/** Returns the reason that the default policy should give for a client with this story in a PIMS of this shape. */
export function expectedReason(story: Story, shape: Shape): string {
  return untold[shape].includes(story) ? 'eligible' : reasons[story];
}
