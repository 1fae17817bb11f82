import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import { linkHistory, type LinkHistory } from '../../../store/accounts/link-history.js';
import { loadPetParent, type PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { Chip, Notice } from '../../ui/notice.js';
import { stateWords } from '../../ui/state-words.js';
import { DetailsHead } from '../shell/details-head.js';
import { IdentityCard } from './identity-card.js';
import { LinkCard, linkActions } from './link-card.js';
import { staffLinks } from '../shell/routes.js';
import { LoginCard } from './login-card.js';
import { PetsCard, ProfileCard } from './profile-cards.js';
import { reveal, type Reveal } from '../../views/reveal.js';
import { RevealNotice } from './reveal-notice.js';
import { StaffShell } from '../shell/staff-shell.js';
import { mailMeaning, deliveryConditionsOf, type DeliveryConditions } from '../../views/delivery-status.js';
import { timelineOf } from '../../views/timeline.js';
import { TimelineCard } from './timeline-card.js';
import { UndoneCard } from './undone-card.js';
import { staffRequestOf, type StaffRequest } from '../shell/staff-session.js';

export interface PersonPath {
  practice: string;
  client: string;
}

/** Loads a pet parent of a practice that the visitor may see. @throws Problem `not-found` */
export async function personOf(deps: WebDeps, staffRequest: StaffRequest, path: PersonPath): Promise<PetParentDetails> {
  const details = await loadPetParent(deps.db, staffRequest.allowed, path.practice, path.client, deps.clock());
  if (details) return details;
  throw new Problem({ code: 'not-found', message: 'This practice has no such pet parent.' });
}

/** Serves Pet Parents > Pet App > View Details. */
export function petParentPage(app: FastifyInstance, deps: WebDeps): void {
  linkActions(app, deps);

  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    details: PetParentDetails,
    shown: Reveal | null,
  ) => {
    const { practices, allowed } = staffRequestOf(request);
    const { practiceId, pimsId } = details.line;
    const owing = new Set(details.mails.map(({ message }) => message.practiceId));
    const allConditions = await deliveryConditionsOf(
      deps,
      practices.filter(({ id }) => owing.has(id)),
    );
    return sendHtml(
      reply,
      <DetailsPage
        details={details}
        shown={shown}
        allConditions={allConditions}
        story={await linkHistory(deps.db, allowed, { practiceId, pimsId })}
      />,
    );
  };

  app.get('/staff/pet-parents/:practice/:client', async (request, reply) => {
    const details = await personOf(deps, staffRequestOf(request), request.params as PersonPath);
    return show(request, reply, details, null);
  });

  // These URLs answer a POST with a secret, which is not stored. A later GET redirects to the page without it.
  for (const form of ['password', 'slip']) {
    app.get(`/staff/pet-parents/:practice/:client/${form}`, async (request, reply) => {
      const { practice, client } = request.params as PersonPath;
      return reply.redirect(staffLinks.petParent(practice, client));
    });
  }

  app.post('/staff/pet-parents/:practice/:client/password', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'see-passwords');
    const details = await personOf(deps, staffRequest, request.params as PersonPath);
    const { practiceId, accountId } = details.line;
    if (!accountId) throw new Problem({ code: 'not-found', message: 'There is no account yet.' });
    const [action, screen] = ['temporary-password-viewed', 'Pet Parents > Pet App'] as const;
    const shown = await reveal(deps, { ...staffRequest, practiceId, accountId, action, screen });
    if (shown.visible) return show(request, reply, details, shown);
    // Load again, so that the page shows the change that hid the password.
    const fresh = await personOf(deps, staffRequest, request.params as PersonPath);
    return show(request, reply, fresh, shown);
  });
}

function DetailsPage(props: {
  details: PetParentDetails;
  shown: Reveal | null;
  allConditions: ReadonlyMap<string, DeliveryConditions>;
  story: LinkHistory;
}) {
  const { details, allConditions } = props;
  const { line } = details;
  const state = stateWords[line.state];
  return (
    <StaffShell tab="pet-app" title={line.name}>
      <DetailsHead parent={{ name: 'Pet Parents', href: staffLinks.petParents }} title={line.name}>
        <Chip tone={state.tone}>{state.name}</Chip> {meaningOf(details, allConditions)}
      </DetailsHead>
      <RevealNotice shown={props.shown} />
      {details.missingSince ? <Notice tone="warn" title="This record is no longer in the practice software." /> : null}
      {details.conflict ? <IdentityCard details={details} conflict={details.conflict} /> : null}
      {details.undone.length > 0 ? <UndoneCard details={details} /> : null}
      <div class="columns">
        <div class="column-side">
          <LoginCard details={details} shown={props.shown} />
        </div>
        <div class="column-main">
          <ProfileCard details={details} />
          <PetsCard details={details} />
          <LinkCard story={props.story} path={staffLinks.petParent(line.practiceId, line.pimsId)} />
          <TimelineCard title="Timeline" entries={timelineOf(details, allConditions)} />
        </div>
      </div>
    </StaffShell>
  );
}

/** Explains the state of a pet parent, including the newest email where that is the reason. */
function meaningOf(details: PetParentDetails, allConditions: ReadonlyMap<string, DeliveryConditions>): string {
  const { line } = details;
  const { meaning } = stateWords[line.state];
  const newest = details.mails.find(({ message }) => message.practiceId === line.practiceId)?.message;
  if (!newest) return meaning;
  const { state } = newest;
  // The account exists, but the front desk must know that no email went out.
  const unsent = line.state === 'invited' && (state === 'recalled' || state === 'canceled');
  if (!unsent && line.state !== 'sending' && line.state !== 'bounced') return meaning;
  return unsent
    ? `${meaning} No email went out. ${mailMeaning(newest)}`
    : mailMeaning(newest, allConditions.get(line.practiceId));
}
