import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import { linkHistory, type LinkHistory } from '../../../store/accounts/link-history.js';
import { loadPetParent, type PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { Chip, Notice } from '../../ui/notice.js';
import { stateWords } from '../../ui/state-words.js';
import { DetailsHead } from './details-head.js';
import { IdentityCard } from './identity-card.js';
import { LinkCard, linkActions } from './link-card.js';
import { staffLinks } from '../shell/routes.js';
import { LoginCard } from './login-card.js';
import { PetsCard, ProfileCard } from './profile-cards.js';
import { notVisible, reveal, type Revealed } from './reveal.js';
import { may, mustBeAllowed } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { mailMeaning, deliveryConditionsOf, type DeliveryConditions } from '../email-marketing/delivery-status.js';
import { TimelineCard } from './timeline-card.js';
import { UndoneCard } from './undone-card.js';
import { staffFormToken, staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';
import { readFlashMessage, type FlashMessage } from '../shell/flash-messages.js';
import { FlashNotice } from '../shell/flash-notice.js';

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
    view: { revealed?: Revealed; flash?: FlashMessage | null },
  ) => {
    const { practices, allowed } = staffRequestOf(request);
    const { practiceId, pimsId } = details.line;
    const owing = new Set(details.mails.map(({ message }) => message.practice_id));
    const allConditions = await deliveryConditionsOf(
      deps,
      practices.filter(({ id }) => owing.has(id)),
    );
    return sendHtml(
      reply,
      <DetailsPage
        staffRequest={staffRequestOf(request)}
        csrf={staffFormToken(request, reply)}
        details={details}
        revealed={view.revealed ?? null}
        flash={view.flash ?? null}
        revealSeconds={deps.settings.revealSeconds}
        allConditions={allConditions}
        story={await linkHistory(deps.db, allowed, { practiceId, pimsId })}
      />,
    );
  };

  app.get('/staff/pet-parents/:practice/:client', async (request, reply) => {
    const details = await personOf(deps, staffRequestOf(request), request.params as PersonPath);
    return show(request, reply, details, { flash: readFlashMessage(request) });
  });

  // These URLs answer a POST with a secret, which is not stored. A later GET redirects to the page without it.
  for (const form of ['password', 'slip']) {
    app.get(`/staff/pet-parents/:practice/:client/${form}`, async (request, reply) => {
      const { practice, client } = request.params as PersonPath;
      return reply.redirect(staffLinks.petParent(practice, client));
    });
  }

  app.post('/staff/pet-parents/:practice/:client/password', async (request, reply) => {
    const staffRequest = staffRequestOf(request);
    mustBeAllowed(staffRequest.staff.role, 'see-passwords');
    const details = await personOf(deps, staffRequest, request.params as PersonPath);
    const { practiceId, accountId } = details.line;
    if (!accountId) throw new Problem({ code: 'not-found', message: 'There is no account yet.' });
    const { actor, address, allowed } = staffRequest;
    const shown = await reveal(deps, {
      actor,
      address,
      allowed,
      practiceId,
      accountId,
      action: 'temporary-password-viewed',
      screen: 'Pet Parents > Pet App',
    });
    if (shown.visible) return show(request, reply, details, { revealed: shown });
    // Load again, so that the page shows the change that hid the password.
    const fresh = await personOf(deps, staffRequest, request.params as PersonPath);
    return show(request, reply, fresh, { flash: { tone: 'info', title: notVisible[shown.why] } });
  });
}

function DetailsPage(props: {
  staffRequest: StaffRequest;
  csrf: string;
  details: PetParentDetails;
  revealed: Revealed | null;
  flash: FlashMessage | null;
  revealSeconds: number;
  allConditions: ReadonlyMap<string, DeliveryConditions>;
  story: LinkHistory;
}) {
  const { staffRequest, details } = props;
  const { line } = details;
  const practice = staffRequest.practices.find(({ id }) => id === line.practiceId) as PracticeChoice;
  const state = stateWords[line.state];
  return (
    <StaffShell staffRequest={staffRequest} csrf={props.csrf} tab="pet-app" title={line.name}>
      <DetailsHead
        staffRequest={staffRequest}
        parent={{ name: 'Pet Parents', href: staffLinks.petParents }}
        title={line.name}
      >
        <Chip tone={state.tone}>{state.name}</Chip> {meaningOf(details, props.allConditions)}
      </DetailsHead>
      <FlashNotice flash={props.flash} />
      {details.missingSince ? <Notice tone="warn" title="This record is no longer in the practice software." /> : null}
      {details.conflict ? (
        <IdentityCard
          details={details}
          now={details.conflict}
          csrf={props.csrf}
          maySay={may(staffRequest.staff.role, 'settle-identity')}
        />
      ) : null}
      {details.undone.length > 0 ? (
        <UndoneCard details={details} csrf={props.csrf} mayConfirm={may(staffRequest.staff.role, 'help-person')} />
      ) : null}
      <div class="columns">
        <div class="column-side">
          <LoginCard
            details={details}
            revealed={props.revealed}
            csrf={props.csrf}
            seconds={props.revealSeconds}
            timeZone={practice.timeZone}
            canSee={may(staffRequest.staff.role, 'see-passwords')}
            canHelp={may(staffRequest.staff.role, 'help-person')}
          />
        </div>
        <div class="column-main">
          <ProfileCard details={details} practice={practice} />
          <PetsCard details={details} />
          <LinkCard
            story={props.story}
            practiceId={line.practiceId}
            pimsId={line.pimsId}
            csrf={props.csrf}
            timeZone={practice.timeZone}
            maySay={may(staffRequest.staff.role, 'settle-identity')}
            mayConfirm={may(staffRequest.staff.role, 'help-person')}
          />
          <TimelineCard details={details} allConditions={props.allConditions} timeZone={practice.timeZone} />
        </div>
      </div>
    </StaffShell>
  );
}

/** Explains the state of a pet parent, including the newest email where that is the reason. */
function meaningOf(details: PetParentDetails, allConditions: ReadonlyMap<string, DeliveryConditions>): string {
  const { line } = details;
  const { meaning } = stateWords[line.state];
  const newest = details.mails.find(({ message }) => message.practice_id === line.practiceId)?.message;
  if (!newest) return meaning;
  const { state } = newest;
  // The account exists, but the front desk must know that no email went out.
  const unsent = line.state === 'invited' && (state === 'recalled' || state === 'canceled');
  if (!unsent && line.state !== 'sending' && line.state !== 'bounced') return meaning;
  return unsent
    ? `${meaning} No email went out. ${mailMeaning(newest)}`
    : mailMeaning(newest, allConditions.get(line.practiceId));
}
