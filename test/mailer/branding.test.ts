import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMail } from '../../demo/ses/mails.js';
import type { BrandingDraft } from '../../src/domain/message/branding.js';
import { createBrandingEditor } from '../../src/mailer/branding/branding-editor.js';
import { createBranding } from '../../src/mailer/branding/branding.js';
import { createRenderer } from '../../src/mailer/render.js';
import { startWorld, type World } from './support.js';

const olive = { kind: 'staff', id: null, name: 'Olive Owner' } as const;
const logoUrl = (id: string) => `https://pets.example.com/mail-logos/${id}`;

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.addPractice('elm');
  await world.addPractice('oak');
});
afterAll(() => world.stop());

const process = () => createBranding({ ...world.deps, configured: (id) => world.practices.get(id) ?? null, logoUrl });

function deskOf(brands: ReturnType<typeof process>) {
  return createBrandingEditor({ db: world.db, brands, renderer: createRenderer(), logoUrl });
}

async function draftOf(desk: ReturnType<typeof deskOf>, change: Record<string, string>): Promise<BrandingDraft> {
  const { fields } = (await desk.sheet('elm'))!;
  return { fields: { ...fields, ...change }, logo: 'keep', upload: Buffer.alloc(0) };
}

/** Sends an email to a new pet parent with this branding. @returns the email's text, or the reason that held it */
async function sendOne(brands: ReturnType<typeof process>, practice = 'elm', kind?: 'password-reset'): Promise<string> {
  const [one] = await world.owe({ practice, ...(kind ? { kind } : {}) });
  await brands.refresh();
  const sent = await world.mailer({ settings: brands.sendable }).sender.send(one!.messageId);
  if ('skipped' in sent) return sent.skipped;
  const [mail] = world.ses.mails.page(one!.email, 0, 1).mails;
  return mail ? ((await readMail(mail)).text ?? '') : '';
}

describe('branding: saved in the console', () => {
  it('applies to the next email of every process without a restart, and to no other practice', async () => {
    const [web, worker] = [process(), process()];
    expect(await sendOne(worker)).toContain('elm Vets');
    const desk = deskOf(web);
    const draft = await draftOf(desk, { name: 'Elm & Sons', 'texts.welcome.closing': 'See you, {{firstName}}!' });
    expect(await desk.save('elm', draft, 0, olive, world.clock())).toEqual({ version: 1 });
    world.pass(1);
    const text = await sendOne(worker);
    expect(text).toContain('Elm & Sons');
    expect(text).toContain('See you, Kim!');
    expect(text).not.toContain('elm Vets');
    expect(await sendOne(worker, 'oak')).toContain('oak Vets');
    await desk.goBack('elm', null, 1, olive, world.clock());
    world.pass(1);
    expect(await sendOne(worker)).toContain('elm Vets');
  });

  it('that cannot be used pauses the practice with the reason, and sending resumes once it is correct', async () => {
    const brands = process();
    const desk = deskOf(brands);
    const { version } = (await desk.sheet('elm'))!;
    // As if an earlier release had a variable that this one lacks.
    const saved = {
      ...JSON.parse(JSON.stringify(await savedBrand())),
      texts: { welcome: { opening: 'Hi {{nickname}}' } },
    };
    await world.db
      .insertInto('branding_versions')
      .values({
        practice_id: 'elm',
        version: version + 1,
        brand: JSON.stringify(saved),
        saved_at: world.clock(),
        saved_by: 'an earlier release',
      })
      .execute();
    world.pass(1);
    const before = world.ses.mails.size();
    expect(await sendOne(brands)).toMatch(/^waits/);
    expect(await sendOne(brands, 'elm', 'password-reset')).toMatch(/^waits/);
    expect(await sendOne(brands, 'oak')).toContain('oak Vets');
    expect(world.ses.mails.size()).toBe(before + 1);
    const paused = await world.db.selectFrom('practices').selectAll().where('id', '=', 'elm').executeTakeFirstOrThrow();
    expect(paused.email_paused_by).toBe('the saved branding');
    expect(paused.email_pause_reason).toContain('uses {{nickname}}, which does not exist');
    expect((await desk.sheet('elm'))!.trouble).toContain('Save it again');
    expect(world.logged).toContainEqual(expect.objectContaining({ practice: 'elm', code: 'email-text-wrong' }));
    // The practice's staff correct it on the page that shows it.
    const draft = await draftOf(desk, { 'texts.welcome.opening': 'Hi {{firstName}}' });
    await desk.save('elm', draft, version + 1, olive, world.clock());
    const resumed = await world.db
      .selectFrom('practices')
      .selectAll()
      .where('id', '=', 'elm')
      .executeTakeFirstOrThrow();
    expect(resumed.email_paused_at).toBeNull();
    expect(await sendOne(brands)).toContain('Hi Kim');
  });

  it('never ends a pause that a person set', async () => {
    const brands = process();
    const desk = deskOf(brands);
    await world.db
      .updateTable('practices')
      .set({ email_paused_at: world.clock(), email_paused_by: 'Olive', email_pause_reason: 'holidays' })
      .where('id', '=', 'elm')
      .execute();
    const { version } = (await desk.sheet('elm'))!;
    await desk.save('elm', await draftOf(desk, { name: 'Elm' }), version, olive, world.clock());
    const { email_paused_by } = await world.db
      .selectFrom('practices')
      .selectAll()
      .where('id', '=', 'elm')
      .executeTakeFirstOrThrow();
    expect(email_paused_by).toBe('Olive');
  });
});

async function savedBrand(): Promise<object> {
  const row = await world.db
    .selectFrom('branding_versions')
    .select('brand')
    .where('brand', 'is not', null)
    .executeTakeFirstOrThrow();
  return JSON.parse(row.brand!) as object;
}

it('adds its addresses to the practice’s own ones, in every process at once', async () => {
  await world.addPractice('ash');
  const worker = process();
  expect(await worker.ownAddresses('ash')).toEqual(['welcome@petapp.example', 'hello@ash.example']);
  const desk = deskOf(process());
  const { fields } = (await desk.sheet('ash'))!;
  const draft = {
    fields: { ...fields, replyTo: 'Desk@ash-saved.example' },
    logo: 'keep' as const,
    upload: Buffer.alloc(0),
  };
  await desk.save('ash', draft, 0, olive, world.clock());
  expect(await worker.ownAddresses('ash')).toEqual([
    'welcome@petapp.example',
    'hello@ash.example',
    'desk@ash-saved.example',
  ]);
  expect(await worker.ownAddresses('nowhere')).toEqual([]);
});
