import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Secret } from '../../../lib/secret.js';
import { createApiToken, listApiTokens, revokeApiToken, type ApiToken } from '../../../store/access/api-tokens.js';
import { apiScopes, type ApiScope } from '../../api/route.js';
import { line } from '../../api/schemas.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { messagesOf, textIn } from '../../http/parse.js';
import { CopyButton } from '../../ui/copy-button.js';
import { Field, FieldError } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { usePage } from '../../ui/page-context.js';
import { PageHead } from '../../ui/page-head.js';
import { Chip, Empty, Notice } from '../../ui/notice.js';
import { dateText } from '../../ui/when.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { StaffShell } from '../shell/staff-shell.js';
import { redirectWithMessage } from '../flash/flash-messages.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { PracticeForm } from '../shell/practice-form.js';
import { usePractice } from '../shell/staff-context.js';
import { staffRequestOf, type StaffRequest } from '../shell/staff-session.js';

/** Lifetime of a token in days. After a year its place is easily forgotten, so it must be renewed. */
const tokenDays = 365;
const scopeNames = Object.keys(apiScopes) as [ApiScope, ...ApiScope[]];

const tokenForm = z.object({
  name: line(150).min(1, 'Please enter a name.'),
  // A form sends one ticked box as text and several as a list.
  scopes: z.preprocess(
    (value) => [value].flat().filter((one) => one !== undefined),
    z.array(z.enum(scopeNames)).min(1, 'Please choose at least one permission.'),
  ),
});

type Errors = Partial<Record<'name' | 'scopes', string>>;

/** Serves the API tokens of a practice, for a vendor's own console. Only owners see them. */
export function tokenPages(app: FastifyInstance, deps: WebDeps): void {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    view: { made?: Secret; errors?: Errors; name?: string; status?: number },
  ) => {
    const { practiceId, staffRequest } = owner(request);
    const page = {
      tokens: await listApiTokens(deps.db, staffRequest.allowed, practiceId, deps.clock()),
      made: view.made ?? null,
      errors: view.errors ?? {},
      name: view.name ?? '',
    };
    return sendHtml(reply, <TokensPage {...page} />, { status: view.status ?? 200 });
  };
  const owner = (request: FastifyRequest): { staffRequest: StaffRequest; practiceId: string } => {
    const staffRequest = staffRequestOf(request, 'manage-tokens');
    return { staffRequest, practiceId: staffRequest.allowed.require(staffRequest.practice?.id ?? '') };
  };

  app.get(staffLinks.tokens, async (request, reply) => show(request, reply, {}));

  app.post('/staff/tokens', async (request, reply) => {
    const { staffRequest, practiceId } = owner(request);
    const parsed = tokenForm.safeParse(request.body);
    if (!parsed.success) {
      const errors: Errors = messagesOf(parsed.error);
      return show(request, reply, { errors, name: textIn(request.body, 'name'), status: 422 });
    }
    const token = { ...parsed.data, practiceId, days: tokenDays };
    const made = await createApiToken(deps.db, token, staffRequest.act);
    return show(request, reply, { made });
  });

  app.post('/staff/tokens/:token/revoke', async (request, reply) => {
    const { staffRequest } = owner(request);
    const { token } = request.params as { token: string };
    await revokeApiToken(deps.db, staffRequest.allowed, token, staffRequest.act);
    return redirectWithMessage(reply, withQuery(staffLinks.tokens, practiceQuery(staffRequest)), 'token-revoked');
  });
}

function TokensPage(props: { tokens: ApiToken[]; made: Secret | null; errors: Errors; name: string }) {
  const { tokens, errors } = props;
  return (
    <StaffShell tab="tokens" title="API tokens">
      <PageHead
        title="API tokens"
        lead={
          <>
            With a token, another program can use the API for {usePractice().name}.{' '}
            <a href="/v1/openapi.json">API description</a>
          </>
        }
      />
      <FlashNotice />
      {props.made ? (
        <Notice tone="good" title="Copy the token now. It is not shown again.">
          <p>
            <code id="api-token" class="break">
              {props.made.open()}
            </code>{' '}
            <CopyButton of="api-token" />
          </p>
        </Notice>
      ) : null}
      {tokens.length === 0 ? (
        <Empty title="No tokens" />
      ) : (
        <ul class="rows rows-cards">
          {tokens.map((token) => (
            <Token key={token.id} token={token} />
          ))}
        </ul>
      )}
      <section class="card section-gap narrow" aria-labelledby="new-token">
        <h2 id="new-token">Create a token</h2>
        <PracticeForm action="/staff/tokens" class="stack">
          <Field label="Name" name="name" value={props.name} error={errors.name} autocomplete="off" maxlength={150} />
          <fieldset class="choices" aria-describedby={errors.scopes ? 'scopes-error' : undefined}>
            <legend class="field-label">Permissions</legend>
            {scopeNames.map((scope) => (
              <div key={scope} class="choice">
                <input type="checkbox" id={`scope-${scope}`} name="scopes" value={scope} />
                <label for={`scope-${scope}`}>{apiScopes[scope]}</label>
              </div>
            ))}
            <FieldError id="scopes-error">{errors.scopes}</FieldError>
          </fieldset>
          <button class="button button-main">
            <Icon name="plus" /> Create token
          </button>
        </PracticeForm>
      </section>
    </StaffShell>
  );
}

function Token({ token }: { token: ApiToken }) {
  const { timeZone } = usePage();
  return (
    <li>
      <div>
        <p class="who-name">{token.name}</p>
        <p class="chips">
          {token.scopes.map((scope) => (
            <Chip key={scope} tone={scope === 'temporary-passwords:read' ? 'warn' : 'quiet'}>
              {scope}
            </Chip>
          ))}
        </p>
        <p class="timeline-when">
          Created by {token.createdBy} on {dateText(token.createdAt, timeZone)}, valid until{' '}
          {dateText(token.expiresAt, timeZone)}
          {token.lastUsedAt ? `, last used ${dateText(token.lastUsedAt, timeZone)}` : ', never used'}
        </p>
      </div>
      <PracticeForm
        action={`/staff/tokens/${token.id}/revoke`}
        confirm={`Revoke the token "${token.name}"? Programs that use it stop working.`}
      >
        <button class="button button-small">
          Revoke<span class="hidden"> {token.name}</span>
        </button>
      </PracticeForm>
    </li>
  );
}
