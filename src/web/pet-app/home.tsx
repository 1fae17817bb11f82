import type { FastifyInstance } from 'fastify';
import type { Profile } from '../../store/accounts/account-profile.js';
import type { PracticeInfo, WebDeps } from '../deps.js';
import { profileOf } from '../login/finish-first-login.js';
import { sendHtml } from '../http/html.js';
import { PostForm } from '../ui/form.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { petTitle, speciesName } from '../ui/species.js';
import { calendarText } from '../ui/when.js';
import { visitorFor } from './visitor.js';

/** Page after the log-in: a stand-in for the real Pet App. */
export function homePage(app: FastifyInstance, deps: WebDeps): void {
  app.get('/app/home', async (request, reply) => {
    const visitor = visitorFor('full', request, reply);
    if (!visitor) return reply;
    const profile = await profileOf(deps, visitor.accountId);
    const practices = profile.practices.map(({ id, name }) => ({ id, name, info: deps.practice(id) }));
    return sendHtml(reply, <HomePage profile={profile} practices={practices} />);
  });
}

function HomePage(props: { profile: Profile; practices: { id: string; name: string; info: PracticeInfo | null }[] }) {
  const { profile } = props;
  const pets = profile.pets.filter((pet) => !pet.passed);
  const remembered = profile.pets.filter((pet) => pet.knownDead);
  return (
    <Page title="My pets - Pet App" look="pet">
      <PlainShell
        wide
        foot={
          <PostForm action="/app/logout">
            <button class="link">Log out</button>
          </PostForm>
        }
      >
        <h1>Hello{profile.firstName ? `, ${profile.firstName}` : ''}</h1>
        <h2>My pets</h2>
        {pets.length === 0 ? <p class="muted">You have no pets on your list.</p> : null}
        <ul class="tiles">
          {pets.map((pet) => (
            <li key={pet.key} class="tile">
              <p class="tile-title">{petTitle(pet)}</p>
              <p class="muted">{[speciesName(pet.species), pet.breed].filter(Boolean).join(', ')}</p>
              {pet.bornOn ? <p class="muted">Born {calendarText(pet.bornOn)}</p> : null}
            </li>
          ))}
        </ul>
        {remembered.length === 0 ? null : (
          <>
            <h2>In loving memory</h2>
            <p class="muted">{remembered.map(petTitle).join(', ')}</p>
          </>
        )}
        {props.practices.length > 0 ? <h2>My practice</h2> : null}
        <ul class="tiles">
          {props.practices.map(({ id, name, info }) => (
            <li key={id} class="tile">
              <p class="tile-title">{name}</p>
              {info?.support.phone ? (
                <p>
                  <a href={`tel:${info.support.phone.replace(/[^\d+]/g, '')}`}>{info.support.phone}</a>
                </p>
              ) : null}
              {info?.support.email ? (
                <p>
                  <a href={`mailto:${info.support.email}`}>{info.support.email}</a>
                </p>
              ) : null}
            </li>
          ))}
        </ul>
      </PlainShell>
    </Page>
  );
}
