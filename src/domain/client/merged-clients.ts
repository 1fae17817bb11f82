import type { AccountIndex } from '../account/account-index.js';
import type { ClientFacts } from '../decision/facts.js';
import { truncateForDisplay } from './name.js';
import type { PlannedLink, PlannedUnlink, PlannedTask } from '../decision/evaluation-plan.js';

/** The changes to links that follow from merges in the PIMS. */
export interface MergePlan {
  links: PlannedLink[];
  unlinks: PlannedUnlink[];
  tasks: PlannedTask[];
}

/**
 * Moves the account of a merged client to the client it was merged into. An account in use wins over one that was never
 * used. Two accounts in use, or a link made by staff, become a task for staff.
 */
export function planMerges(clients: readonly ClientFacts[], accountIndex: AccountIndex): MergePlan {
  const plan: MergePlan = { links: [], unlinks: [], tasks: [] };
  const rows = new Map(clients.map((client) => [client.pimsId, client]));
  for (const client of clients) {
    const link = accountIndex.linkOf(client.pimsId);
    const account = link ? accountIndex.account(link.accountId) : undefined;
    const target = client.mergedInto === null ? undefined : finalTarget(client, rows);
    if (!link || !account || !target) continue;
    const taken = accountIndex.linkOf(target.pimsId);
    const theirs = taken ? accountIndex.account(taken.accountId) : undefined;
    if (taken && !theirs) continue;
    const wins = !theirs || (account.used && !theirs.used);
    const refused = target.refused.some(({ accountId }) => accountId === account.id);
    if (link.by === 'staff' || refused || (wins && taken?.by === 'staff')) {
      plan.tasks.push(leftToStaff('merged-staff-link', client, target));
      continue;
    }
    if (theirs && theirs !== account && account.used && theirs.used) {
      plan.tasks.push(leftToStaff('merged-two-accounts', client, target));
      continue;
    }
    accountIndex.unlink(client.pimsId);
    plan.unlinks.push({
      pimsId: client.pimsId,
      accountId: account.id,
      reason: 'merged',
      sentence: `This record was merged into client ${truncateForDisplay(target.pimsId)} in the PIMS, or entered again under that number.`,
    });
    if (!wins) continue;
    accountIndex.link(target, account);
    plan.links.push({
      pimsId: target.pimsId,
      accountId: account.id,
      from: theirs?.id ?? null,
      reason: 'merged',
      sentence: `Took over the account of client ${truncateForDisplay(client.pimsId)}, which was merged into this one in the PIMS, or entered again as it.`,
    });
  }
  return plan;
}

/**
 * Follows a chain of merges to the client that still exists; undefined for a ring, or if that client is missing too.
 */
function finalTarget(from: ClientFacts, rows: Map<string, ClientFacts>): ClientFacts | undefined {
  const seen = new Set([from.pimsId]);
  let at: ClientFacts | undefined = from;
  while (at && at.mergedInto !== null) {
    at = rows.get(at.mergedInto);
    if (!at || seen.has(at.pimsId)) return undefined;
    seen.add(at.pimsId);
  }
  return at?.missing || at?.identityConflict ? undefined : at;
}

function leftToStaff(
  kind: 'merged-staff-link' | 'merged-two-accounts',
  client: ClientFacts,
  target: ClientFacts,
): PlannedTask {
  const both = `Client ${truncateForDisplay(client.pimsId)} was merged into ${truncateForDisplay(target.pimsId)} in the PIMS`;
  const sentence =
    kind === 'merged-staff-link'
      ? `${both}, but staff had linked one of them by hand. Check which account the merged client should have.`
      : `${both}, and both log in to the Pet App with accounts of their own. Ask which one they want to keep.`;
  return { kind, pimsId: client.pimsId, sentence, details: { target: target.pimsId } };
}
