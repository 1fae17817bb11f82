import type { FastifyInstance, FastifyReply } from 'fastify';
import { messageKinds } from '../../../domain/message/message-kinds.js';
import { Problem } from '../../../lib/problem.js';
import { loadMessage } from '../../../store/messages/email-marketing.js';
import type { MessageLine } from '../../../store/messages/message-lines.js';
import { messageWithHistory, type MessageDetail } from '../../../store/messages/message-history.js';
import { loadCredential, type DetailCredential } from '../../../store/pet-parents/detail-credential.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { Chip } from '../../ui/notice.js';
import { mailWords } from '../../ui/state-words.js';
import { DetailsHead } from '../shell/details-head.js';
import { staffLinks } from '../shell/routes.js';
import { IssuedElsewhere } from '../pet-parents/issued-elsewhere.js';
import { LoginFacts } from '../pet-parents/login-facts.js';
import { RevealNotice } from '../pet-parents/reveal-notice.js';
import { reveal, type Reveal } from '../../views/reveal.js';
import { StaffShell } from '../shell/staff-shell.js';
import {
  leftMeaning,
  mailMeaning,
  deliveryConditionsOf,
  type DeliveryConditions,
} from '../../views/delivery-status.js';
import { mailEntries, newestFirst } from '../../views/timeline.js';
import { TimelineCard } from '../pet-parents/timeline-card.js';
import { useRight } from '../shell/staff-context.js';
import { staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';

export interface MessagePath {
  practice: string;
  message: string;
}

interface Loaded {
  line: MessageLine;
  mail: MessageDetail;
  credential: DetailCredential | null;
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
  return { line, mail, credential, conditions: allConditions.get(practice.id) as DeliveryConditions };
}

/** Serves Marketing > Email Marketing > View Details: the email, and the full login until the first login. */
export function messagePage(app: FastifyInstance, deps: WebDeps): void {
  const show = (reply: FastifyReply, loaded: Loaded, shown: Reveal | null) =>
    sendHtml(reply, <MessageDetails loaded={loaded} shown={shown} />);

  app.get('/staff/email-marketing/:practice/:message', async (request, reply) =>
    show(reply, await mailFor(deps, staffRequestOf(request), request.params as MessagePath), null),
  );

  app.get('/staff/email-marketing/:practice/:message/login', async (request, reply) => {
    const { practice, message } = request.params as MessagePath;
    return reply.redirect(staffLinks.message(practice, message));
  });

  app.post('/staff/email-marketing/:practice/:message/login', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'see-passwords');
    const loaded = await mailFor(deps, staffRequest, request.params as MessagePath);
    const { practiceId, accountId } = loaded.line;
    const [action, screen] = ['login-viewed', 'Marketing > Email Marketing'] as const;
    const shown = await reveal(deps, { ...staffRequest, practiceId, accountId, action, screen });
    if (shown.visible) return show(reply, loaded, shown);
    return show(reply, await mailFor(deps, staffRequest, request.params as MessagePath), shown);
  });
}

function MessageDetails({ loaded, shown }: { loaded: Loaded; shown: Reveal | null }) {
  const { line, mail, credential, conditions } = loaded;
  const here = staffLinks.message(line.practiceId, line.id);
  const words = mailWords[line.state];
  return (
    <StaffShell tab="email-marketing" title={`Email to ${line.name}`}>
      <DetailsHead parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }} title={line.name}>
        <Chip tone={line.left ? 'quiet' : words.tone}>{words.name}</Chip> {messageKinds[line.kind].name}.{' '}
        {line.left ? leftMeaning(line) : mailMeaning(mail.message, conditions)}
      </DetailsHead>
      <RevealNotice shown={shown} />
      <div class="columns">
        <div class="column-side">
          <section class="card" aria-labelledby="login-card">
            <h2 id="login-card">Full login</h2>
            <LoginFacts
              label="User email"
              email={line.email}
              credential={credential}
              shown={shown}
              action={`${here}/login`}
              hideHref={here}
              firstLoginAt={line.firstLoginAt}
            />
            {line.canSee ? null : <IssuedElsewhere isUsed={line.isUsed} />}
            {useRight('help-person') ? <MailActions here={here} line={line} /> : null}
          </section>
        </div>
        <div class="column-main">
          <TimelineCard title="History" entries={newestFirst(mailEntries(mail, conditions, line.email))} />
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

function MailActions({ here, line }: { here: string; line: MessageLine }) {
  return (
    <div class="actions">
      {line.isUsed ? null : (
        <PostForm action={`${here}/resend`}>
          <button class="button">
            <Icon name="mail" /> Resend
          </button>
        </PostForm>
      )}
      {line.state === 'uncertain' ? (
        <>
          <PostForm action={`${here}/resolve`}>
            <input type="hidden" name="arrived" value="yes" />
            <button class="button">
              <Icon name="check" /> The email arrived
            </button>
          </PostForm>
          <PostForm action={`${here}/resolve`}>
            <input type="hidden" name="arrived" value="no" />
            <button class="button">The email did not arrive</button>
          </PostForm>
        </>
      ) : null}
    </div>
  );
}
