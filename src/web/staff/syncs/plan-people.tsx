import type { PlanCount, PlanPerson } from '../../../store/decisions/invite-plan.js';
import { reasons, type ReasonCode } from '../../../domain/decision/reasons.js';
import { Chip } from '../../ui/notice.js';
import { reasonTitle } from '../../ui/state-words.js';
import { staffLinks } from '../shell/routes.js';
import { useLink, usePractice } from '../shell/staff-context.js';

/** One page of the clients behind a line of the plan. */
export interface PlanPage {
  why: PlanCount;
  people: PlanPerson[];
  /** Number of clients before this page. */
  from: number;
  size: number;
}

/** Lists the clients behind a line of the plan, each with an explanation. */
export function PlanPeople({ page, since }: { page: PlanPage; since: Date | undefined }) {
  const practice = usePractice();
  const link = useLink();
  const { why, people, from, size } = page;
  const pageAt = (start: number) => `${link(staffLinks.plan, { reason: why.reason, from: String(start) })}#people`;
  const number = (n: number) => n.toLocaleString('en-US');
  const same = sameForAll(why.reason);
  return (
    <section class="card people" id="people" aria-labelledby="people-head">
      <h2 id="people-head">{reasonTitle(why.reason)}</h2>
      {same ? <p>{same}</p> : null}
      {why.count > size ? (
        <p class="muted">
          {number(from + 1)} to {number(from + people.length)} of {number(why.count)}, by name.
        </p>
      ) : null}
      <ul class="rows">
        {people.map((person) => (
          <li key={person.pimsId}>
            <div>
              <p class="who-name">
                {person.name}{' '}
                {since && person.decidedAt && person.decidedAt >= since ? <Chip tone="info">New</Chip> : null}
              </p>
              <p class="muted break">
                {person.email ?? 'no usable address'}
                {`, client ${person.displayId ?? person.pimsId}`}
              </p>
              {person.sentence && person.sentence !== same ? <p class="break">{person.sentence}</p> : null}
            </div>
            <a class="button button-small" href={staffLinks.petParent(practice.id, person.pimsId)}>
              View Details<span class="hidden"> of {person.name}</span>
            </a>
          </li>
        ))}
      </ul>
      {why.count > size ? (
        <nav class="pager" aria-label="Pages">
          {from > 0 ? (
            <a class="button" rel="prev" href={pageAt(Math.max(0, from - size))}>
              Previous {number(size)}
            </a>
          ) : null}
          {from + people.length < why.count ? (
            <a class="button" rel="next" href={pageAt(from + size)}>
              Next {number(Math.min(size, why.count - from - people.length))}
            </a>
          ) : null}
        </nav>
      ) : null}
    </section>
  );
}

/** Returns the sentence of a reason if it is the same for every client; null if it contains details of each client. */
function sameForAll(code: string): string | null {
  const sentence = Object.hasOwn(reasons, code) ? reasons[code as ReasonCode].sentence : null;
  return sentence?.includes('{') ? null : sentence;
}
