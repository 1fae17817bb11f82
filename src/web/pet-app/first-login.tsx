import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { saveContact, type Profile } from '../../store/accounts/account-profile.js';
import { line } from '../api/schemas.js';
import type { WebDeps } from '../deps.js';
import { countryOf, hasOwnPassword, phoneToKeep, profileOf } from '../login/finish-first-login.js';
import { phoneText } from '../ui/phone.js';
import { sendHtml } from '../http/html.js';
import { Field, PostForm } from '../ui/form.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { Steps } from './steps.js';
import { visitorFor } from './visitor.js';
import { messagesOf } from '../http/parse.js';

const contactForm = z.object({
  firstName: line(200).min(1, 'Please tell us your first name.'),
  lastName: line(200).min(1, 'Please tell us your last name.'),
  phone: line(40).refine((text) => text === '' || /\d{3}/.test(text), 'This does not look like a phone number.'),
});

type Errors = Partial<Record<keyof z.infer<typeof contactForm>, string>>;

/** First step of the first login: contact data. */
export function firstLoginPages(app: FastifyInstance, deps: WebDeps): void {
  app.get('/app/first-login', async (request, reply) => {
    const visitor = visitorFor('first-login', request, reply);
    if (!visitor) return reply;
    const profile = await profileOf(deps, visitor.accountId);
    const hasPassword = await hasOwnPassword(deps, visitor.accountId);
    return sendHtml(reply, <ContactPage profile={profile} errors={{}} hasPassword={hasPassword} />);
  });

  app.post('/app/first-login', async (request, reply) => {
    const visitor = visitorFor('first-login', request, reply);
    if (!visitor) return reply;
    const parsed = contactForm.safeParse(request.body ?? {});
    if (!parsed.success) {
      const typed = request.body as Partial<Record<keyof Errors, string>> | undefined;
      const profile = await profileOf(deps, visitor.accountId);
      const errors: Errors = messagesOf(parsed.error);
      const shown = { ...profile, ...pick(typed) };
      const hasPassword = await hasOwnPassword(deps, visitor.accountId);
      return sendHtml(reply, <ContactPage profile={shown} errors={errors} hasPassword={hasPassword} />, {
        status: 422,
      });
    }
    const { phone, ...names } = parsed.data;
    const country = countryOf(deps, await profileOf(deps, visitor.accountId));
    await saveContact(deps.db, visitor.accountId, { ...names, phone: phoneToKeep(phone, country) });
    return reply.redirect('/app/first-login/pets', 303);
  });
}

function pick(typed: Partial<Record<keyof Errors, string>> | undefined): Partial<Profile> {
  return {
    firstName: String(typed?.firstName ?? ''),
    lastName: String(typed?.lastName ?? ''),
    phone: String(typed?.phone ?? ''),
  };
}

function ContactPage(props: { profile: Profile; errors: Errors; hasPassword: boolean }) {
  const { profile, errors } = props;
  return (
    <Page title="Is this you? - Pet App" look="pet">
      <PlainShell brand={profile.practices[0]?.name}>
        <Steps at={0} hasPassword={props.hasPassword} />
        <h1>Is this you?</h1>
        <p class="lead">
          {profile.practices.map((practice) => practice.name).join(' and ') || 'Your practice'} gave us these details.
          Please correct anything that is wrong.
        </p>
        <PostForm action="/app/first-login" class="stack">
          <div class="pair">
            <Field
              label="First name"
              name="firstName"
              autocomplete="given-name"
              value={profile.firstName}
              error={errors.firstName}
            />
            <Field
              label="Last name"
              name="lastName"
              autocomplete="family-name"
              value={profile.lastName}
              error={errors.lastName}
            />
          </div>
          <Field
            label="Phone"
            name="phone"
            type="tel"
            autocomplete="tel"
            inputmode="tel"
            required={false}
            value={phoneText(profile.phone)}
            error={errors.phone}
          />
          <Field
            label="Email address"
            name="email"
            type="email"
            autocomplete="username"
            value={profile.email}
            readonly
            hint="You log in with this address."
          />
          <button class="button button-main button-wide">Yes, continue</button>
        </PostForm>
      </PlainShell>
    </Page>
  );
}
