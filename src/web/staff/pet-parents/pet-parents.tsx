import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { listPetParents, type ListPage, type StateFilter } from '../../../store/pet-parents/pet-parent-list.js';
import { searchPetParents } from '../../../store/pet-parents/pet-parent-search.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { PageHead } from '../../ui/page-head.js';
import { Filters, Pager } from '../../ui/list-nav.js';
import { Empty } from '../../ui/notice.js';
import { stateFilters } from '../../ui/state-words.js';
import { staffLinks } from '../shell/routes.js';
import { LookUpForm } from './look-up.js';
import { PetParentTable } from './pet-parent-table.js';
import { StaffShell } from '../shell/staff-shell.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useLink, useRight } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';
import { Icon } from '../../ui/icons.js';

const pageSize = 25;
const mostFound = 40;

const listQuery = z.object({
  q: z.string().max(200).default(''),
  state: z
    .enum(stateFilters.map(({ id }) => id) as [StateFilter, ...StateFilter[]])
    .nullable()
    .catch(null)
    .default(null),
  after: z.string().max(2000).nullable().default(null),
  fragment: z.string().optional(),
});

type ListQuery = z.output<typeof listQuery>;

/** Serves Pet Parents > Pet App: the list and the search results. */
export function petParentPages(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.petParents, async (request, reply) => {
    const { practice, allowed } = staffRequestOf(request);
    const query = parse(listQuery, request.query);
    if (!practice) return sendHtml(reply, <NoPractice />);
    const practiceId = practice.id;
    const now = deps.clock();
    const page: ListPage = query.q.trim()
      ? {
          lines: await searchPetParents(deps.db, allowed, practiceId, query.q, mostFound, now),
          next: null,
          lookedUpTo: null,
        }
      : await listPetParents(
          deps.db,
          allowed,
          { practiceId, state: query.state, after: query.after, limit: pageSize },
          now,
        );
    const list = <Results query={query} page={page} />;
    if (query.fragment) return sendHtml(reply, list, { fragment: true });
    return sendHtml(reply, <ListPageView query={query} list={list} />);
  });
}

function ListPageView({ query, list }: { query: ListQuery; list: preact.VNode }) {
  const link = useLink();
  return (
    <StaffShell tab="pet-app" title="Pet Parents" q={query.q}>
      <PageHead title="Pet Parents">
        {useRight('export-list') ? (
          <PracticeForm action="/staff/pet-parents.csv">
            <input type="hidden" name="state" value={query.state ?? ''} />
            <button class="button button-quiet">
              <Icon name="download" /> Export as CSV
            </button>
          </PracticeForm>
        ) : null}
      </PageHead>
      <Filters
        label="Filter by state"
        filters={[{ id: null, name: 'Everyone' }, ...stateFilters].map(({ id, name }) => ({
          name,
          href: link(staffLinks.petParents, { state: id }),
          isCurrent: query.state === id && !query.q,
        }))}
      />
      <div id="results" data-results aria-live="polite">
        {list}
      </div>
    </StaffShell>
  );
}

function Results({ query, page }: { query: ListQuery; page: ListPage }) {
  const link = useLink();
  return (
    <>
      {query.q.trim() && page.lines.length > 0 ? (
        <p class="found">
          {page.lines.length === mostFound ? `The first ${mostFound}` : page.lines.length} found for “{query.q.trim()}”
        </p>
      ) : null}
      {page.lines.length > 0 ? (
        <PetParentTable lines={page.lines} />
      ) : page.lookedUpTo === null ? (
        <Nobody query={query} />
      ) : null}
      {page.lookedUpTo === null ? null : <p class="found">Searched up to “{page.lookedUpTo}”.</p>}
      <Pager
        first={query.after ? link(staffLinks.petParents, { state: query.state }) : null}
        next={page.next && link(staffLinks.petParents, { state: query.state, after: page.next })}
        {...(page.lookedUpTo === null ? {} : { nextName: 'Keep searching', lookFurther: pageSize })}
      />
    </>
  );
}

function Nobody({ query }: { query: ListQuery }) {
  if (query.q.trim()) {
    return (
      <Empty title={`No pet parent found for “${query.q.trim()}”`}>
        <p>Try the last name alone, the end of the phone number, or the pet's name.</p>
        <LookUpForm typed={query.q.trim()} />
      </Empty>
    );
  }
  if (query.state)
    return <Empty title={query.after ? 'No more pet parents in this state' : 'No pet parents in this state'} />;
  return (
    <Empty title="No pet parents yet">
      <p>
        They appear after the first sync with the practice software. <a href={staffLinks.syncs}>Go to Syncs</a>
      </p>
    </Empty>
  );
}

function NoPractice() {
  return (
    <StaffShell tab="pet-app" title="Pet Parents">
      <h1>Pet Parents</h1>
      <Empty title="You belong to no practice yet">
        <p>An owner of the practice or the operator of pims-sync can add you.</p>
      </Empty>
    </StaffShell>
  );
}
