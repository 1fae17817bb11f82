import { messageKinds } from '../../../domain/message/message-kinds.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import { loadMessage } from '../../../store/messages/email-marketing.js';
import type { MessageLine } from '../../../store/messages/message-lines.js';
import { messageWithHistory, type MessageDetail } from '../../../store/messages/message-history.js';
import { loadCredential, type DetailCredential } from '../../../store/pet-parents/pet-parent-details.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { Chip } from '../../ui/notice.js';
import { mailWords } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { DetailsHead } from '../pet-parents/details-head.js';
import { staffLinks } from '../shell/routes.js';
import { IssuedElsewhere } from '../pet-parents/issued-elsewhere.js';
import { PasswordLine } from '../pet-parents/password-line.js';
import { notVisible, reveal, type Revealed } from '../pet-parents/reveal.js';
import { may, mustBeAllowed } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { leftMeaning, mailMeaning, deliveryConditionsOf, type DeliveryConditions } from './delivery-status.js';
import { mailEntries, newestFirst } from '../pet-parents/timeline.js';
import { readFlashMessage, type FlashMessage } from '../shell/flash-messages.js';
import { FlashNotice } from '../shell/flash-notice.js';
import { staffFormToken, staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';

export interface MessagePath {
  practice: string;
  message: string;
}

interface Loaded {
  line: MessageLine;
  mail: MessageDetail;
  credential: DetailCredential | null;
  practice: PracticeChoice;
  conditions: DeliveryConditions;
}

/** Loads an email of a practice that the visitor may see. @throws Problem `not-found` */
export async function mailFor(deps: WebDeps, staffRequest: StaffRequest, path: MessagePath): Promise<Loaded> {
  const line = await loadMessage(deps.db, staffRequest.allowed, path.practice, path.message);
  const mail = line ? await messageWithHistory(deps.db, staffRequest.allowed, line.id) : null;
  if (!line || !mail) throw new Problem({ code: 'not-found', message: 'This practice has no such email.' });
  const practice = staffRequest.practices.find(({ id }) => id === line.practiceId) as PracticeChoice;
  const allConditions = await deliveryConditionsOf(deps, [practice]);
  const credential = line.canSee ? await loadCredential(deps.db, line.accountId, deps.clock()) : null;
  return { line, mail, credential, practice, conditions: allConditions.get(practice.id) as DeliveryConditions };
}

/** Serves Marketing > Email Marketing > View Details: the email, and the full login until the first login. */
export function messagePage(app: FastifyInstance, deps: WebDeps): void {
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    loaded: Loaded,
    view: { revealed?: Revealed; flash?: FlashMessage | null },
  ) =>
    sendHtml(
      reply,
      <MessageDetails
        staffRequest={staffRequestOf(request)}
        csrf={staffFormToken(request, reply)}
        loaded={loaded}
        revealed={view.revealed ?? null}
        flash={view.flash ?? null}
        seconds={deps.settings.revealSeconds}
      />,
    );

  app.get('/staff/email-marketing/:practice/:message', async (request, reply) => {
    const loaded = await mailFor(deps, staffRequestOf(request), request.params as MessagePath);
    return show(request, reply, loaded, { flash: readFlashMessage(request) });
  });

  app.get('/staff/email-marketing/:practice/:message/login', async (request, reply) => {
    const { practice, message } = request.params as MessagePath;
    return reply.redirect(staffLinks.message(practice, message));
  });

  app.post('/staff/email-marketing/:practice/:message/login', async (request, reply) => {
    const staffRequest = staffRequestOf(request);
    mustBeAllowed(staffRequest.staff.role, 'see-passwords');
    const loaded = await mailFor(deps, staffRequest, request.params as MessagePath);
    const { practiceId, accountId } = loaded.line;
    const { actor, address, allowed } = staffRequest;
    const screen = 'Marketing > Email Marketing';
    const shown = await reveal(deps, {
      actor,
      address,
      allowed,
      practiceId,
      accountId,
      action: 'login-viewed',
      screen,
    });
    if (shown.visible) return show(request, reply, loaded, { revealed: shown });
    const fresh = await mailFor(deps, staffRequest, request.params as MessagePath);
    return show(request, reply, fresh, { flash: { tone: 'info', title: notVisible[shown.why] } });
  });
}

function MessageDetails(props: {
  staffRequest: StaffRequest;
  csrf: string;
  loaded: Loaded;
  revealed: Revealed | null;
  flash: FlashMessage | null;
  seconds: number;
}) {
  const { staffRequest, csrf } = props;
  const { line, mail, credential, practice, conditions } = props.loaded;
  const here = staffLinks.message(line.practiceId, line.id);
  const words = mailWords[line.state];
  const { timeZone } = practice;
  const entries = newestFirst(mailEntries(mail, conditions, line.email));
  return (
    <StaffShell staffRequest={staffRequest} csrf={csrf} tab="email-marketing" title={`Email to ${line.name}`}>
      <DetailsHead
        staffRequest={staffRequest}
        parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }}
        title={line.name}
      >
        <Chip tone={line.left ? 'quiet' : words.tone}>{words.name}</Chip> {messageKinds[line.kind].name}.{' '}
        {line.left ? leftMeaning(line) : mailMeaning(mail.message, conditions)}
      </DetailsHead>
      <FlashNotice flash={props.flash} />
      <div class="columns">
        <div class="column-side">
          <section class="card" aria-labelledby="login-card">
            <h2 id="login-card">Full login</h2>
            <dl class="facts">
              <div>
                <dt>User email</dt>
                <dd>
                  <span id="user-id" class="break">
                    {line.email}
                  </span>
                  <button type="button" class="button button-small" data-copy="user-id" hidden>
                    <Icon name="copy" /> <span data-copy-label>Copy</span>
                  </button>
                </dd>
              </div>
              {credential?.visible ? (
                <PasswordLine
                  credential={credential}
                  revealed={props.revealed}
                  csrf={csrf}
                  action={`${here}/login`}
                  hideHref={here}
                  seconds={props.seconds}
                  timeZone={timeZone}
                  mayAsk={may(staffRequest.staff.role, 'see-passwords')}
                />
              ) : null}
              {line.firstLoginAt ? (
                <div>
                  <dt>First login</dt>
                  <dd>
                    <When at={line.firstLoginAt} timeZone={timeZone} />
                  </dd>
                </div>
              ) : null}
            </dl>
            {line.canSee ? null : <IssuedElsewhere isUsed={line.isUsed} />}
            {may(staffRequest.staff.role, 'help-person') ? <MailActions here={here} csrf={csrf} line={line} /> : null}
          </section>
        </div>
        <div class="column-main">
          <section class="card" aria-labelledby="mail-card">
            <h2 id="mail-card">History</h2>
            <ol class="timeline">
              {entries.map((entry, index) => (
                <li key={index} class={`tone-${entry.tone}`}>
                  <p class="timeline-title">{entry.title}</p>
                  {entry.more ? <p class="timeline-more">{entry.more}</p> : null}
                  <p class="timeline-when">
                    <When at={entry.at} timeZone={timeZone} />
                  </p>
                </li>
              ))}
            </ol>
          </section>
          {line.clientPimsId ? (
            <p>
              <a href={staffLinks.petParent(line.practiceId, line.clientPimsId)}>All details of {line.name}</a>
            </p>
          ) : null}
        </div>
      </div>
    </StaffShell>
  );
}

function MailActions({ here, csrf, line }: { here: string; csrf: string; line: MessageLine }) {
  return (
    <div class="actions">
      {line.isUsed ? null : (
        <PostForm action={`${here}/resend`} csrf={csrf}>
          <button class="button">
            <Icon name="mail" /> Resend
          </button>
        </PostForm>
      )}
      {line.state === 'uncertain' ? (
        <>
          <PostForm action={`${here}/resolve`} csrf={csrf}>
            <input type="hidden" name="arrived" value="yes" />
            <button class="button">
              <Icon name="check" /> The email arrived
            </button>
          </PostForm>
          <PostForm action={`${here}/resolve`} csrf={csrf}>
            <input type="hidden" name="arrived" value="no" />
            <button class="button">The email did not arrive</button>
          </PostForm>
        </>
      ) : null}
    </div>
  );
}
