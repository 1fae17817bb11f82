import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { tokenIn, visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let desk: Visitor;
let ada: SeededPerson;
const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`;
let mallory: SeededPerson;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', `North ${evil}`);
  await seedStaff(web, 'owner@north.example', 'owner', ['north']);
  ada = await seedPerson(web, 'north');
  mallory = await seedPerson(web, 'north', {
    firstName: evil,
    lastName: '=HYPERLINK("http://evil.example")',
    email: 'mallory@example.com',
    phone: evil,
    pets: [{ name: evil, breed: evil }],
    sentence: evil,
  });
  desk = visitor(web.app);
  await desk.post('/staff/sign-in', { email: 'owner@north.example', password: staffPassword });
});
afterAll(() => web.close());

describe('web security: PIMS data is hostile', () => {
  it('it is escaped on every page of the console', async () => {
    const paths = [
      '/staff/pet-parents',
      `/staff/pet-parents?q=${encodeURIComponent(evil)}`,
      `/staff/pet-parents/north/${mallory.pimsId}`,
      '/staff/email-marketing',
      `/staff/email-marketing/north/${mallory.messageId}`,
      '/staff/email-marketing/plan?reason=eligible',
      '/staff/syncs',
      '/staff/work',
    ];
    for (const path of paths) {
      const { body, statusCode } = await desk.get(path);
      expect({
        path,
        statusCode,
        raw: body.includes('<script>alert'),
        img: body.includes('<img src=x'),
      }).toEqual({
        path,
        statusCode: 200,
        raw: false,
        img: false,
      });
    }
  });

  it('it is escaped on the pages of the pet parent', async () => {
    const phone = visitor(web.app, '198.51.100.20');
    await phone.post('/app/login', { email: mallory.email, password: mallory.password!.open() });
    for (const path of ['/app/first-login', '/app/first-login/pets', '/app/first-login/password']) {
      const { body, statusCode } = await phone.get(path);
      expect({ path, statusCode, raw: body.includes('<script>alert') }).toEqual({
        path,
        statusCode: 200,
        raw: false,
      });
    }
  });

  it('it runs no formula in a spreadsheet', async () => {
    const file = await desk.post('/staff/pet-parents.csv', { practice: 'north' }, '/staff/pet-parents');
    expect(file.headers['content-type']).toContain('text/csv');
    expect(file.headers['cache-control']).toBe('no-store');
    const cells = file.body.split('\r\n').flatMap((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
    expect(cells.some((cell) => /^"?'=HYPERLINK/.test(cell))).toBe(true);
    expect(cells.filter((cell) => /^"?[=+@-]/.test(cell))).toEqual([]);
    expect(file.body).not.toContain(ada.password!.open());
  });
});

describe('web security: forms', () => {
  it('change nothing without the token of our own page', async () => {
    const paths = web.routes
      .filter(({ method, url }) => method === 'POST' && (url.startsWith('/staff') || url.startsWith('/app')))
      .map(({ url }) => url.replace(':practice', 'north').replace(':client', ada.pimsId).replace(/:\w+/g, 'x'));
    expect(paths.length).toBeGreaterThan(25);
    const cookie = [...desk.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    for (const url of paths) {
      const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await web.app.inject({ method: 'POST', url, headers, payload: 'practice=north' });
      expect({ url, status: answer.statusCode }).toEqual({ url, status: 403 });
    }
  });

  it('refuse another person’s token', async () => {
    const other = visitor(web.app);
    const foreign = tokenIn((await other.get('/staff/sign-in')).body);
    const path = `/staff/pet-parents/north/${ada.pimsId}`;
    const answer = await desk.post(`${path}/password`, { _csrf: foreign }, path);
    expect(answer.statusCode).toBe(403);
    expect(answer.body).not.toContain(ada.password!.open());
  });
});

describe('web security: every response', () => {
  it('forbids foreign scripts, frames, sniffing, caching and referrers', async () => {
    for (const path of ['/staff/sign-in', '/app/login', '/staff/pet-parents', '/v1/first-login', '/nothing-here']) {
      const { headers } = await desk.get(path);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('has no inline script, style or handler', async () => {
    for (const path of ['/staff/pet-parents', `/staff/pet-parents/north/${ada.pimsId}`, '/app/login', '/staff/syncs']) {
      const { body } = await desk.get(path);
      expect(body).not.toMatch(/<script(?![^>]*\bsrc=)/);
      expect(body).not.toMatch(/\sstyle="/);
      expect(body).not.toMatch(/\son[a-z]+="/);
    }
  });

  it('sets cookies that scripts cannot read, and with https only for this host', async () => {
    const plain = (await visitor(web.app).get('/app/login')).headers['set-cookie'];
    expect(String(plain)).toMatch(/HttpOnly; SameSite=Lax/);
    const secure = await testWeb((deps) => ({
      settings: { ...deps.settings, origin: 'https://pets.example' },
    }));
    try {
      const answer = await secure.app.inject({ url: '/app/login' });
      expect(String(answer.headers['set-cookie'])).toMatch(
        /^__Host-pims-csrf=.*Path=\/; HttpOnly; Secure; SameSite=Lax/,
      );
      expect(answer.headers['strict-transport-security']).toContain('max-age=31536000');
    } finally {
      await secure.close();
    }
  });
});

describe('web security: secrets', () => {
  it('are in no log line, whatever is requested', async () => {
    const path = `/staff/pet-parents/north/${ada.pimsId}`;
    const shown = await desk.post(`${path}/password`, {}, path);
    expect(shown.body).toContain(ada.password!.open());
    await desk.get(`/staff/pet-parents?q=${encodeURIComponent(ada.email)}`);
    const payload = { email: ada.email, password: `${ada.password!.open()}x` };
    await web.app.inject({ method: 'POST', url: '/v1/logins', payload, remoteAddress: '198.51.100.77' });
    const log = web.logged.join('\n');
    expect(log).toContain('"route":"/v1/logins"');
    expect(log).toContain('"route":"/staff/pet-parents/:practice/:client/password"');
    for (const hidden of [ada.password!.open(), ada.email, staffPassword, ...desk.cookies.values()]) {
      expect(log).not.toContain(hidden);
    }
  });

  it('are shown only after the view is recorded, and only a limited number in a row', async () => {
    const person = await seedPerson(web, 'north');
    const path = `/staff/pet-parents/north/${person.pimsId}`;
    await seedStaff(web, 'curious@north.example', 'front-desk', ['north']);
    const curious = visitor(web.app);
    await curious.post('/staff/sign-in', { email: 'curious@north.example', password: staffPassword });
    const csrf = tokenIn((await curious.get(path)).body);
    const statuses: number[] = [];
    for (let look = 0; look < 62; look++) {
      const headers = {
        cookie: [...curious.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
      };
      const payload = new URLSearchParams({ _csrf: csrf }).toString();
      const answer = await web.app.inject({ method: 'POST', url: `${path}/password`, headers, payload });
      statuses.push(answer.statusCode);
      if (answer.statusCode !== 200) expect(answer.body).not.toContain(person.password!.open());
    }
    expect(statuses.slice(0, 60)).toEqual(Array(60).fill(200));
    expect(statuses.slice(60)).toEqual([429, 429]);
    const views = await web.deps.db
      .selectFrom('audit')
      .select('id')
      .where('account_id', '=', person.accountId!)
      .where('action', '=', 'temporary-password-viewed')
      .execute();
    expect(views).toHaveLength(60);
  });
});
