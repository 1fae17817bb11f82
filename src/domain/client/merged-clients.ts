import type { Book } from '../account/account-index.js';
import type { ClientFacts } from '../decision/facts.js';
import { quotable } from './name.js';
import type { PlannedLink, PlannedUnlink, WorkItem } from '../decision/evaluation-plan.js';

/** What merges in the PIMS do to links. */
export interface MergePlan {
  links: PlannedLink[];
  unlinks: PlannedUnlink[];
  workItems: WorkItem[];
}

/**
 * Lets the client that a record was merged into take over its account. An account in use wins over one that is not; two
 * in use, or a link made by staff, are left for a person.
 */
export function planMerges(clients: readonly ClientFacts[], book: Book): MergePlan {
  const plan: MergePlan = { links: [], unlinks: [], workItems: [] };
  const rows = new Map(clients.map((client) => [client.pimsId, client]));
  for (const client of clients) {
    const link = book.linkOf(client.pimsId);
    const account = link ? book.account(link.accountId) : undefined;
    const target = client.mergedInto === null ? undefined : finalTarget(client, rows);
    if (!link || !account || !target) continue;
    const taken = book.linkOf(target.pimsId);
    const theirs = taken ? book.account(taken.accountId) : undefined;
    if (taken && !theirs) continue;
    const wins = !theirs || (account.used && !theirs.used);
    const refused = target.refused.some(({ accountId }) => accountId === account.id);
    if (link.by === 'staff' || refused || (wins && taken?.by === 'staff')) {
      plan.workItems.push(leftToStaff('merged-staff-link', client, target));
      continue;
    }
    if (theirs && theirs !== account && account.used && theirs.used) {
      plan.workItems.push(leftToStaff('merged-two-accounts', client, target));
      continue;
    }
    book.unlink(client.pimsId);
    plan.unlinks.push({
      pimsId: client.pimsId,
      accountId: account.id,
      reason: 'merged',
      sentence: `This record was merged into client ${quotable(target.pimsId)} in the PIMS, or entered again under that number.`,
    });
    if (!wins) continue;
    book.link(target, account);
    plan.links.push({
      pimsId: target.pimsId,
      accountId: account.id,
      from: theirs?.id ?? null,
      reason: 'merged',
      sentence: `Took over the account of client ${quotable(client.pimsId)}, which was merged into this one in the PIMS, or entered again as it.`,
    });
  }
  return plan;
}

/** Follows a chain of merges to the record that is still there; null for a ring, or when it is gone too. */
function finalTarget(from: ClientFacts, rows: Map<string, ClientFacts>): ClientFacts | undefined {
  const seen = new Set([from.pimsId]);
  let at: ClientFacts | undefined = from;
  while (at && at.mergedInto !== null) {
    at = rows.get(at.mergedInto);
    if (!at || seen.has(at.pimsId)) return undefined;
    seen.add(at.pimsId);
  }
  return at?.vanished || at?.identityConflict ? undefined : at;
}

function leftToStaff(
  kind: 'merged-staff-link' | 'merged-two-accounts',
  client: ClientFacts,
  target: ClientFacts,
): WorkItem {
  const both = `Client ${quotable(client.pimsId)} was merged into ${quotable(target.pimsId)} in the PIMS`;
  const sentence =
    kind === 'merged-staff-link'
      ? `${both}, but staff had said by hand whose account it is. Check which account the merged client should have.`
      : `${both}, and both log in to the Pet App with accounts of their own. Ask which one they want to keep.`;
  return { kind, pimsId: client.pimsId, sentence, details: { target: target.pimsId } };
}
