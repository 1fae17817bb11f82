import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyPluginAsync } from 'fastify';
import { seedPractice, seedStaff, staffPassword } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

const board: FastifyPluginAsync = async (app) => {
  app.get('/staff/board', async () => 'the board');
  app.put('/staff/board/retry', async () => 'retried');
  app.setErrorHandler((_error, _request, reply) => reply.status(500).send('the board’s own error page'));
};

let web: TestWeb;
beforeAll(async () => {
  web = await testWeb(() => ({
    plugins: { open: [], operator: [board], operatorLinks: [{ name: 'Queues', href: '/staff/board' }] },
  }));
  await seedPractice(web.deps.db, 'north');
  await seedStaff(web, 'root@machines.example', 'operator', []);
  await seedStaff(web, 'olive@north.example', 'owner', ['north']);
});
afterAll(() => web.close());

async function signedIn(email: string): Promise<Visitor> {
  const someone = visitor(web.app);
  await someone.post('/staff/sign-in', { email, password: staffPassword });
  return someone;
}

describe('operator pages', () => {
  it('operator pages: shown to operators, in their menu', async () => {
    const root = await signedIn('root@machines.example');
    expect((await root.get('/staff/pet-parents')).body).toContain('href="/staff/board"');
    const page = await root.get('/staff/board');
    expect([page.statusCode, page.body]).toEqual([200, 'the board']);
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
  });

  it('operator pages: hidden from all other roles', async () => {
    const owner = await signedIn('olive@north.example');
    expect((await owner.get('/staff/pet-parents')).body).not.toContain('/staff/board');
    const refused = await owner.get('/staff/board');
    expect(refused.statusCode).toBe(403);
    expect(refused.body).toContain('Your role does not include this.');
    expect((await visitor(web.app).get('/staff/board')).headers.location).toContain('/staff/sign-in');
    const scraper = await web.app.inject({ url: '/staff/board', headers: { authorization: 'Bearer some' } });
    expect([scraper.statusCode, scraper.body]).toEqual([401, expect.stringContaining('metricsToken')]);
  });

  it('operator pages: refuse requests that another site makes with an operator’s browser', async () => {
    const root = await signedIn('root@machines.example');
    const cookie = [...root.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const put = (site: Record<string, string>) =>
      web.app.inject({ method: 'PUT', url: '/staff/board/retry', headers: { cookie, ...site } });
    expect((await put({ 'sec-fetch-site': 'same-origin' })).statusCode).toBe(200);
    expect((await put({ 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
    expect((await put({})).statusCode).toBe(403);
  });
});
