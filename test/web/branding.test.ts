import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import { seedPractice, seedStaff, staffPassword } from './support/seed.js';
import { tokenIn, visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

const here = '/staff/email-marketing/branding';
let web: TestWeb;
let owner: Visitor;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedPractice(web.deps.db, 'south', 'South Practice');
  await seedStaff(web, 'olive@north.example', 'owner', ['north']);
  await seedStaff(web, 'fran@north.example', 'front-desk', ['north']);
  await seedStaff(web, 'mona@south.example', 'manager', ['south']);
});
beforeEach(async () => {
  await web.deps.db.deleteFrom('branding_versions').execute();
  owner = await signedIn('olive@north.example');
});
afterAll(() => web.close());

async function signedIn(email: string): Promise<Visitor> {
  const one = visitor(web.app);
  await one.post('/staff/sign-in', { email, password: staffPassword });
  return one;
}

type Form = Record<string, string | Blob>;

/** Submits the editor's form as a browser does: every field, as multipart. */
async function send(who: Visitor, change: Form, path = here) {
  const page = await who.get(here);
  const form = new FormData();
  const fields = { ...fieldsIn(page.body), _csrf: tokenIn(page.body), ...change };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const encoded = new Response(form);
  return web.app.inject({
    method: 'POST',
    url: path,
    remoteAddress: who.address,
    headers: {
      cookie: [...who.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'content-type': encoded.headers.get('content-type') as string,
    },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
}

const unescaped = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

function fieldsIn(html: string): Record<string, string> {
  const form = /<form id="branding-form"[\s\S]*?<\/form>/.exec(html)?.[0] ?? '';
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const of = (name: string) => unescaped(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
    if (/type="(file)"/.test(tag) || (/type="radio"/.test(tag) && !/ checked/.test(tag))) continue;
    fields[of('name')] = of('value');
  }
  for (const [, name, text] of form.matchAll(/<textarea[^>]* name="([^"]*)"[^>]*>([\s\S]*?)<\/textarea>/g)) {
    fields[name as string] = unescaped(text as string);
  }
  return fields;
}

/** Makes a PNG of one colour. */
function png(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type, 'latin1'), data, Buffer.alloc(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0], 8);
  const rows = deflateSync(Buffer.alloc((width + 1) * height));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const picture = (bytes: Buffer) => new Blob([new Uint8Array(bytes)], { type: 'image/png' });
const messagesForAccount = async (practice: string) => (await web.deps.mailSamples!(practice))[0]!;

describe('branding editor', () => {
  it('saves name, colours, support and texts; the next email has them, and the audit trail records who saved them', async () => {
    const answer = await send(owner, {
      name: 'Elm & Oak <Vets>',
      'brand.colour': '#7a3e2b',
      'support.hours': 'Mon-Fri 8-18',
      replyTo: 'desk@north.example',
      'texts.welcome.opening': 'Dear {{firstName}},\r\n\r\nask us: {{supportHours}}.',
    });
    expect(answer.headers.location).toBe(`${here}?told=branding-saved`);
    const { html, text } = await messagesForAccount('north');
    expect(html).toContain('Elm &amp; Oak &lt;Vets&gt;');
    expect(html).toContain('background:#7a3e2b');
    expect(html).toContain('ask us: Mon-Fri 8-18.');
    expect(text).toContain('Dear Kim,\n\nask us: Mon-Fri 8-18.');
    expect(text).toContain('Elm & Oak <Vets>');
    const [row] = await web.deps.db.selectFrom('audit').selectAll().where('action', '=', 'branding-saved').execute();
    expect(row).toMatchObject({ practice_id: 'north', actor_name: 'olive of north' });
    expect(JSON.parse(row!.details!)).toEqual({
      version: 1,
      changed: 'name, colours, reply-to, support, welcome email',
    });
    const { body } = await owner.get(here);
    expect(body).toContain('value="Elm &amp; Oak &lt;Vets>"');
    expect(body).toContain('(changed)');
    expect(body).toMatch(/Version 1[\s\S]*active[\s\S]*by olive of north/);
  });

  it('does not save our default texts, so that later versions can improve them', async () => {
    await send(owner, { name: 'North Vets' });
    const { brand } = await web.deps.db.selectFrom('branding_versions').select('brand').executeTakeFirstOrThrow();
    expect(JSON.parse(brand!).texts).toEqual({});
  });

  it.each<[string, Form, string, RegExp]>([
    [
      'an unknown variable',
      { 'texts.welcome.opening': 'Hi {{petName}}' },
      'field-texts-welcome-opening',
      /uses \{\{petName\}\}, which does not exist\. Did you mean \{\{petNames\}\}\?/,
    ],
    [
      'a secret in a text',
      { 'texts.new-temporary-password.closing': '{{password}}' },
      'field-texts-new-temporary-password-closing',
      /uses \{\{password\}\}, which does not exist/,
    ],
    [
      'a variable without a value',
      { 'texts.welcome.closing': 'Call {{supportHours}}' },
      'field-texts-welcome-closing',
      /no hours are set\. Fill that in, or remove the variable/,
    ],
    [
      'a subject of two lines',
      { 'texts.welcome.subject': 'a\nBcc: b@example.com' },
      'field-texts-welcome-subject',
      /must be one line/,
    ],
    [
      'an unreadable button',
      { 'brand.colour': '#ffd400', 'brand.textColour': '#ffffff', 'brand.textColour-by': 'own' },
      'field-brand-textColour',
      /Text in #ffffff on #ffd400 cannot be read: the contrast is 1\.4 to 1 and must be at least 4\.5 to 1\. Choose a darker text, or leave it empty for black or white\./,
    ],
    ['an invalid colour', { 'brand.colour': 'red;}' }, 'field-brand-colour', /choose a colour such as/],
    [
      'neither phone nor email',
      { 'support.phone': '', 'support.email': '' },
      'field-support-phone',
      /enter a phone number or an email address/,
    ],
    ['an invalid address', { replyTo: 'desk' }, 'field-replyTo', /not an email address/],
    ['no name', { name: '  ' }, 'field-name', /enter the name/],
    [
      'a logo by plain http',
      { logo: 'address', 'brand.logoUrl': 'http://north.example/l.png' },
      'field-brand-logoUrl',
      /begins with https/,
    ],
    [
      'a logo by script',
      { logo: 'address', 'brand.logoUrl': 'javascript:alert(1)' },
      'field-brand-logoUrl',
      /begins with https/,
    ],
    ['an upload without an image', { logo: 'upload' }, 'field-logo', /choose an image/],
    [
      'a drawing',
      { upload: picture(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')) },
      'field-logo',
      /This is an SVG drawing\. Email programs show PNG, JPEG and GIF/,
    ],
    [
      'a page that claims to be an image',
      { upload: picture(Buffer.from('<script>alert(1)</script>')) },
      'field-logo',
      /not a known image format/,
    ],
    ['a truncated image', { upload: picture(png(60, 20).subarray(0, 60)) }, 'field-logo', /damaged PNG/],
    ['an image of huge dimensions', { upload: picture(png(4000, 8)) }, 'field-logo', /4000 by 8 pixels/],
    [
      'an image of too many bytes',
      { upload: picture(Buffer.concat([png(9, 9), Buffer.alloc(300_000)])) },
      'field-logo',
      /at most 200 KB/,
    ],
  ])('refuses %s at its field, keeps what was typed and saves nothing', async (_, change, id, message) => {
    const answer = await send(owner, { name: 'Typed Name', ...change });
    expect(answer.statusCode).toBe(422);
    const body = unescaped(answer.body);
    expect(body).toMatch(message);
    expect(body).toContain(`href="#${id}"`);
    expect(body).toContain(`id="${id}"`);
    if (change['name'] === undefined) expect(body).toContain('value="Typed Name"');
    expect(await web.deps.db.selectFrom('branding_versions').selectAll().execute()).toEqual([]);
  });

  it('accepts an image, serves it to any email program, and serves nothing else under its name', async () => {
    const bytes = png(300, 100);
    expect((await send(owner, { upload: picture(bytes) })).headers.location).toContain('told=branding-saved');
    const { html } = await messagesForAccount('north');
    const [, id] = /src="http:\/\/pims\.test\/mail-logos\/([0-9a-f]{40}\.png)"/.exec(html) ?? [];
    // A height of 90 pixels would give a width of 270; the limit of 220 for the width applies.
    expect(html).toMatch(/alt="Practice north"[^>]*width="220"/);
    const served = await visitor(web.app, '198.51.100.3').get(`/mail-logos/${id}`);
    expect(served.rawPayload.equals(bytes)).toBe(true);
    expect(served.headers).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect((await visitor(web.app).get('/mail-logos/../x')).statusCode).toBe(404);
    expect((await visitor(web.app).get(`/mail-logos/${'0'.repeat(40)}.png`)).statusCode).toBe(404);
    // Saved again without another file, the logo stays; then it is removed.
    await send(owner, { name: 'North' });
    expect((await messagesForAccount('north')).html).toContain(id);
    await send(owner, { logo: 'none' });
    expect((await messagesForAccount('north')).html).not.toContain('mail-logos');
  });

  it('previews a draft for unusual people, with its image, and stores nothing', async () => {
    const draft = { name: 'Draft Vets', upload: picture(png(80, 80)), kind: 'practice-added', person: '5' };
    const shown = await send(owner, draft, `${here}/preview`);
    expect(shown.body).toContain('Draft Vets is now in your Pet App');
    expect(shown.body).toContain('&lt;script>alert(1)&lt;/script>'.replaceAll('>', '&gt;'));
    expect(shown.body).toContain('src="data:image/png;base64,');
    expect(shown.headers['content-security-policy']).toContain("default-src 'none'");
    expect(shown.headers['content-security-policy']).toContain('sandbox');
    const text = await send(owner, { ...draft, as: 'text', kind: 'welcome', person: '0' }, `${here}/preview`);
    expect(unescaped(text.body)).toContain('From: Draft Vets <hello@pims.test>');
    expect(text.body).toContain('K7MP-4TXW-9HQD');
    const wrong = await send(owner, { 'texts.welcome.opening': '{{nobody}}' }, `${here}/preview`);
    expect(wrong.body).toContain('This email cannot be sent yet');
    expect(await web.deps.db.selectFrom('branding_versions').selectAll().execute()).toEqual([]);
    expect(await web.deps.db.selectFrom('branding_logos').selectAll().where('width', '=', 80).execute()).toEqual([]);
  });

  it('returns to the configured branding, and to an earlier version', async () => {
    await send(owner, { name: 'First Name' });
    await send(owner, { name: 'Second Name' });
    const back = async (to: string, after: string) =>
      owner.post(`${here}/back`, { practice: 'north', to, after }, here);
    expect((await back('configured', '2')).headers.location).toContain('told=branding-restored');
    expect((await messagesForAccount('north')).text).toContain('Practice north');
    expect((await back('1', '3')).headers.location).toContain('told=branding-saved');
    expect((await messagesForAccount('north')).text).toContain('First Name');
    expect((await back('9', '4')).statusCode).toBe(404);
    const rows = await web.deps.db
      .selectFrom('branding_versions')
      .select(['version', 'brand'])
      .orderBy('version')
      .execute();
    expect(rows.map(({ brand }) => brand !== null)).toEqual([true, true, false, true]);
    const restored = await web.deps.db
      .selectFrom('audit')
      .selectAll()
      .where('action', '=', 'branding-restored')
      .execute();
    expect(restored).toHaveLength(1);
  });

  it('never lets one person overwrite another’s changes unnoticed', async () => {
    await send(owner, { name: 'Theirs', after: '0' });
    const late = await send(owner, { name: 'Mine', after: '0' });
    expect(late.statusCode).toBe(409);
    expect(late.body).toContain('somebody else saved another version');
    expect(late.body).toContain('value="Mine"');
    expect((await messagesForAccount('north')).text).toContain('Theirs');
    const back = await owner.post(`${here}/back`, { practice: 'north', to: 'configured', after: '0' }, here);
    expect(back.headers.location).toContain('told=branding-changed-meanwhile');
  });

  it('is only for owners and managers of the practice', async () => {
    const front = await signedIn('fran@north.example');
    expect((await front.get(here)).statusCode).toBe(403);
    expect((await front.get('/staff/email-marketing')).body).not.toContain(`href="${here}"`);
    const manager = await signedIn('mona@south.example');
    expect((await manager.get(here)).body).toContain('Practice south');
    for (const path of [here, `${here}/preview`]) {
      expect((await send(manager, { practice: 'north', name: 'Taken' }, path)).statusCode).toBe(404);
    }
    expect((await manager.get(`${here}?practice=north`)).statusCode).toBe(404);
    expect((await manager.get(`${here}/preview?practice=north`)).statusCode).toBe(404);
    const back = { practice: 'north', to: 'configured', after: '0' };
    expect((await manager.post(`${here}/back`, back, here)).statusCode).toBe(404);
    await send(manager, { name: 'South Name' });
    expect((await messagesForAccount('north')).text).not.toContain('South Name');
    expect(await web.deps.db.selectFrom('branding_versions').select('practice_id').execute()).toEqual([
      { practice_id: 'south' },
    ]);
  });

  it('accepts no form without its token', async () => {
    expect((await send(owner, { _csrf: '' })).statusCode).toBe(403);
    expect((await send(owner, { _csrf: '' }, `${here}/preview`)).statusCode).toBe(403);
    expect(await web.deps.db.selectFrom('branding_versions').selectAll().execute()).toEqual([]);
  });

  it.each([
    ['cut off', 'multipart/form-data; boundary=b'],
    ['without a boundary', 'multipart/form-data'],
  ])('refuses a form that arrives %s', async (_words, type) => {
    const payload = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nNorth';
    const answer = await web.app.inject({ method: 'POST', url: here, headers: { 'content-type': type }, payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('The form arrived incomplete.');
  });
});
