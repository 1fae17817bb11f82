import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DestinationStream } from 'pino';
import { createLog } from '../../src/platform/log.js';
import { startServers, type Servers } from '../support/servers.js';
import { seedPerson, seedPractice } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

describe('console: while the database takes no changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pims-read-only-'));
  const lines: string[] = [];
  const sink: DestinationStream = { write: (line) => void lines.push(line) };
  let servers: Servers | undefined;
  let web: TestWeb | undefined;
  beforeAll(async () => {
    servers = await startServers(folder);
    const admin = await servers.admin();
    await admin.query("GRANT ALL PRIVILEGES ON `pims\\_test\\_%`.* TO 'pims'@'%'");
    await admin.end();
    process.env['DATABASE_URL'] = servers.mariadb.url;
    web = await testWeb(() => ({ log: createLog('info', sink) }));
    await seedPractice(web.deps.db, 'north', 'North Practice');
  });
  afterAll(async () => {
    await web?.close();
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('read-only database: answers 503, and no log contains the typed text', async () => {
    const { app } = web as TestWeb;
    const person = await seedPerson(web as TestWeb, 'north');
    const phone = visitor(app, '192.0.2.1');
    await phone.post('/app/login', { email: person.email, password: person.password!.open() });
    const contact = { firstName: 'Augustine', lastName: 'Kingsley', phone: '415 555 0177' };
    await phone.post('/app/first-login', contact);
    await phone.post('/app/first-login/pets', {});
    const form = await phone.get('/app/first-login/password');
    expect(form.statusCode).toBe(200);
    const admin = await (servers as Servers).admin();
    try {
      await admin.query('SET GLOBAL read_only = 1');
      const typed = { password: 'velvet canyon trumpet 7', again: 'velvet canyon trumpet 7' };
      const answers = [
        await phone.post('/app/first-login', contact),
        await phone.post('/app/first-login/password', typed),
        await visitor(app, '192.0.2.2').post('/app/login', { email: person.email, password: 'AAAA-BBBB-CCCC' }),
      ];
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503]);
    } finally {
      await admin.query('SET GLOBAL read_only = 0');
      await admin.end();
    }
    const log = lines.join('');
    expect(log).toContain('database-read-only');
    expect(log).toMatch(/read-only/);
    // A statement in any field starts with one of these.
    expect(log).not.toMatch(/\b(insert|update|delete) (into|from|`|ignore)/i);
    for (const personal of [person.email, 'Augustine', 'Kingsley', '4155550177', '$argon2id', person.password!.open()])
      expect(log).not.toContain(personal);
  });
});
